import { expect } from 'chai';
import { mentionedNames, nameKey } from '../../src/core/mentioned-names.ts';
import type { WorkspaceId } from '../../src/ids.ts';

describe('names that a request mentions', () => {
  const workspace = '00000000-0000-4000-8000-000000000000' as WorkspaceId;
  const nothing = { path: '/scim/v2/Users', query: null, body: null, detail: null };
  const keys = (...names: string[]) => names.map((name) => nameKey(workspace, name));
  const mentioned = (request: Partial<Record<keyof typeof nothing, string>>) =>
    mentionedNames(workspace, { ...nothing, ...request });

  it('are found wherever an identity provider writes them, without regard to case', () => {
    expect(mentioned({ path: '/scim/v2/Users/Ada%40x.io' })).to.deep.equal(keys('ada@x.io'));
    expect(mentioned({ query: 'filter=userName eq "ADA" or title co "a\\"b"' })).to.deep.equal(
      keys('ada', 'a"b'),
    );
    expect(mentioned({ detail: 'The userName "ada" is taken.' })).to.deep.equal(keys('Ada'));
    const body = {
      'urn:ietf:params:scim:schemas:core:2.0:User:userName': 'ada',
      externalId: 'x\u00e9"1',
      name: { formatted: 'Ada King', givenName: 'Ada' },
      emails: [{ type: 'work', value: 'ada@x.io' }],
      Operations: [{ path: 'emails[value eq "old@x.io"]', value: [{ display: 'A. K.' }] }],
      filter: 'externalId eq "00u1"',
    };
    expect(mentioned({ body: JSON.stringify(body) })).to.have.members(
      keys('ada', 'x\u00e9"1', 'Ada King', 'ada@x.io', 'old@x.io', 'A. K.', '00u1'),
    );
  });

  it('are none where people are named by id, which is noted as it is', () => {
    const id = '0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa';
    expect(mentioned({ path: `/scim/v2/Users/${id}`, body: `{"value":"${id}"}` })).to.deep.equal([]);
    expect(nameKey(workspace, id.toUpperCase())).to.equal(id);
  });

  it('are looked for once through the text, whatever it is', () => {
    const quotes = '"'.concat('\\"'.repeat(100_000), '\\');
    expect(mentioned({ query: quotes, body: `{"filter":${quotes}` })).to.have.length.of.at.most(2);
  });
});
