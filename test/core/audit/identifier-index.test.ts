import { expect } from 'chai';
import fc from 'fast-check';
import { type KeptTexts, nameKey, textsIn, withoutTexts } from '../../../src/core/audit/identifier-index.ts';
import type { WorkspaceId } from '../../../src/lib/ids.ts';
import { keptBody } from '../../../src/scim/log-entry/body.ts';

describe('names that a request mentions', () => {
  const workspace = '00000000-0000-4000-8000-000000000000' as WorkspaceId;
  const nothing: KeptTexts = { path: '', query: null, body: null, detail: null };
  const texts = (request: Partial<KeptTexts>) => textsIn({ ...nothing, ...request });
  const without = (request: Partial<KeptTexts>, ...names: string[]) =>
    withoutTexts(
      { ...nothing, ...request },
      workspace,
      new Set(names.map((name) => nameKey(workspace, name))),
    );

  it('are found wherever they are kept', () => {
    expect(texts({ path: '/scim/v2/Users/Ada%40x.io' })).to.include('Ada@x.io');
    expect(texts({ query: 'filter=userName eq "ADA" or title eq "a\\"b"' })).to.include.members([
      'ADA',
      'a"b',
    ]);
    expect(texts({ detail: 'The userName "ada" is taken.' })).to.deep.equal(['ada']);
    const body = {
      name: { givenName: 'Ada' },
      phoneNumbers: [{ value: 4912345678 }],
      $ref: 'https://x.io/scim/v2/Users/lady%20ada',
      note: 'Ada King <king@x.io>',
      Operations: [{ path: 'emails[value eq "old@x.io"]', value: [{ display: 'A. K.' }] }],
      filter: 'externalId eq "00u1"',
      zork: {},
    };
    expect(texts({ body: JSON.stringify(body) })).to.include.members([
      'Ada',
      '4912345678',
      'lady ada',
      'king@x.io',
      'old@x.io',
      'A. K.',
      '00u1',
      'zork',
    ]);
  });

  it('have one key in every case, width and spacing, and ids are their own', () => {
    for (const spelling of ['STRASSE  9', ' stra\u00dfe 9', '\uff33trasse\u00a09', 'stras\u200bse 9'])
      expect(nameKey(workspace, spelling)).to.equal(nameKey(workspace, 'Straße 9'));
    const id = '0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa';
    expect(nameKey(workspace, id.toUpperCase())).to.equal(id);
  });

  it('are taken out one by one', () => {
    expect(without({ query: 'filter=userName eq "ada" or title eq "x"' }, 'ADA').query).to.equal(
      'filter=userName eq "(erased)" or title eq "x"',
    );
    const body = { filter: 'nickName eq "ada \\"x\\""', n: 123456, ada: [{ a: 'b' }], other: 'c' };
    expect(
      JSON.parse(without({ body: JSON.stringify(body) }, 'ada "x"', '123456', 'ada').body!),
    ).to.deep.equal({
      filter: 'nickName eq "(erased)"',
      n: '(erased)',
      '(erased)': [{ a: 'b' }],
      other: 'c',
    });
    expect(without({ path: '/scim/v2/Users/a%20b' }, 'A B').path).to.equal('/scim/v2/Users/(erased)');
  });

  it('leave nothing of a text in any body, once it is taken out by its key', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const body = keptBody({ one: value, filter: 'userName eq "x"' });
        const all = textsIn({ ...nothing, body });
        const left = without({ body }, ...all);
        expect(textsIn(left)).to.deep.equal([]);
        JSON.parse(left.body!);
      }),
    );
  });

  it('are looked for once through the text, whatever it is', () => {
    const quotes = '"'.concat('\\"'.repeat(100_000), '\\');
    expect(texts({ query: quotes, body: `{"filter":${quotes}` })).to.have.length.of.at.most(8);
  });
});
