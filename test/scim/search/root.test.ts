import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import { type Answer, ROLLCALL, type Scim } from '../bulk/answers.ts';
import { bulk, managedBy, postGroup, postUser } from '../bulk/bulk.ts';
import { newWorkspace, type Resource, sharedApp } from '../http/client.ts';
import { queriesOf } from '../http/queries.ts';
import { listed, refused } from '../http/resources.ts';

describe('a query at the root (RFC 7644 sections 3.4.2.1 and 3.4.3)', () => {
  let app: TestApp;
  let scim: Scim;

  before(async () => {
    app = await sharedApp();
    ({ scim } = await newWorkspace<Answer>(app));
    await bulk(scim, [
      postUser('ann', 'ann@x.io', { displayName: 'Ann', ...managedBy('boss') }),
      postUser('ben', 'ben@x.io', { displayName: 'ben', emails: [{ value: 'ben@x.io', type: 'work' }] }),
      postUser('cid', 'cid@x.io', { externalId: 'x-1' }),
      postGroup('admins', 'Admins', 'bulkId:ann'),
      postGroup('bees', 'Bees', 'bulkId:ben', 'bulkId:cid'),
    ]);
  });

  const nameOf = ({ userName, displayName }: Partial<Resource>): string => userName ?? displayName ?? '';
  const found = async (filter: string, more: object = {}): Promise<string[]> =>
    listed(await scim('POST', '/.search', { body: { filter, ...more } })).map(nameOf);

  it('lists users and groups, with all that each shows alone', async () => {
    const reply = await scim('POST', '/.search', { body: {} });
    const resources = listed(reply);
    expect(reply.body).to.include({ totalResults: 5, itemsPerPage: 5, startIndex: 1 });
    for (const resource of resources) {
      const { location } = resource.meta as { location: string };
      const alone = await scim('GET', location.slice(`${app.url}/scim/v2`.length));
      expect(resource).to.deep.equal(alone.body);
    }
    expect((await scim('GET', '/')).body).to.deep.equal(reply.body);
    expect((await scim('GET', '')).body).to.deep.equal(reply.body);
  });

  it('asks for the type', async () => {
    expect(await found('meta.resourceType eq "Group"')).to.have.members(['Admins', 'Bees']);
    expect(await found('meta.resourceType eq "User" and displayName pr')).to.have.members([
      'ann@x.io',
      'ben@x.io',
    ]);
    const both = '(meta.resourceType eq "User") or (meta.resourceType eq "Group")';
    expect(await found(both)).to.have.lengthOf(5);
  });

  it('an attribute that both have is asked of both', async () => {
    expect(await found('displayName sw "a"')).to.have.members(['ann@x.io', 'Admins']);
    expect(await found('externalId eq "x-1"')).to.deep.equal(['cid@x.io']);
  });

  it('one that a type does not have has no value there', async () => {
    expect(await found('userName eq "ann@x.io"')).to.deep.equal(['ann@x.io']);
    expect(await found('userName pr')).to.have.lengthOf(3);
    expect(await found('members pr')).to.have.members(['Admins', 'Bees']);
    expect(await found('not (userName pr)')).to.have.members(['Admins', 'Bees']);
    expect(await found('userName ne "ann@x.io"')).to.have.members(['ben@x.io', 'cid@x.io', 'Admins', 'Bees']);
    expect(await found('not (members pr) and not (userName sw "a")')).to.have.members([
      'ben@x.io',
      'cid@x.io',
    ]);
    expect(await found('emails[type eq "work" and value co "ben"]')).to.deep.equal(['ben@x.io']);
    expect(await found('emails[type eq "work"].value pr or members.display pr')).to.have.lengthOf(3);
    expect(await found(`${ROLLCALL}:status eq "active"`)).to.have.lengthOf(3);
    expect(await found('name.familyName eq null')).to.have.lengthOf(5);
  });

  it('a name with its URN is that type’s alone', async () => {
    const core = 'urn:ietf:params:scim:schemas:core:2.0';
    expect(await found(`${core}:Group:displayName pr`)).to.have.members(['Admins', 'Bees']);
    expect(await found(`${core}:User:displayName sw "b"`)).to.deep.equal(['ben@x.io']);
    expect(await found(`${core}:Group:members.value pr`)).to.have.lengthOf(2);
  });

  it('sorts both in one order', async () => {
    expect(await found('displayName pr', { sortBy: 'displayName' })).to.deep.equal([
      'Admins',
      'ann@x.io',
      'Bees',
      'ben@x.io',
    ]);
    const descending = { sortBy: 'displayName', sortOrder: 'descending' };
    expect(await found('', descending)).to.deep.equal(['cid@x.io', 'ben@x.io', 'Bees', 'ann@x.io', 'Admins']);
    expect((await found('', { sortBy: 'userName' })).slice(0, 3)).to.deep.equal([
      'ann@x.io',
      'ben@x.io',
      'cid@x.io',
    ]);
    const orders = [
      'active',
      'meta.created',
      'members.value',
      'groups',
      'emails.primary',
      'id',
      'meta.version',
    ];
    for (const sortBy of orders) expect(await found('', { sortBy }), sortBy).to.have.lengthOf(5);
  });

  it('pages by position and by cursor, forth and back', async () => {
    for (const order of [{}, { sortBy: 'displayName' }, { sortBy: 'userName', sortOrder: 'descending' }]) {
      const all = await found('', order);
      const byPosition: string[] = [];
      for (let startIndex = 1; startIndex <= 5; startIndex += 2) {
        const reply = await scim('POST', '/.search', { body: { ...order, startIndex, count: 2 } });
        expect(reply.body).to.include({ totalResults: 5, startIndex });
        byPosition.push(...listed(reply).map(nameOf));
      }
      expect(byPosition).to.deep.equal(all);

      const byCursor: string[][] = [];
      let cursor: string | undefined = '';
      let last: string | undefined;
      while (cursor !== undefined) {
        const { body }: { body: Answer } = await scim('POST', '/.search', {
          body: { ...order, cursor, count: 2 },
        });
        byCursor.push(body.Resources.map(nameOf));
        [cursor, last] = [body.nextCursor, body.previousCursor];
      }
      expect(byCursor.flat()).to.deep.equal(all);
      const back = await scim('GET', '/', { query: { ...order, cursor: last ?? '', count: 2 } });
      expect(back.body.Resources.map(nameOf)).to.deep.equal(byCursor.at(-2));
    }
    expect((await scim('POST', '/.search', { body: { count: 0 } })).body).to.include({
      totalResults: 5,
      itemsPerPage: 0,
    });
  });

  it('shows what is asked for', async () => {
    const reply = await scim('POST', '/.search', { body: { attributes: ['displayName', 'userName'] } });
    for (const resource of listed(reply)) {
      expect(Object.keys(resource)).to.include.members(['schemas', 'id']);
      expect(resource).not.to.have.any.keys('meta', 'members', 'emails');
    }
    const without = await scim('POST', '/.search', { body: { excludedAttributes: ['members', 'meta'] } });
    for (const resource of listed(without)) expect(resource).not.to.have.any.keys('members', 'meta');
  });

  it('is asked in SQL: no more rows come than the page has', async () => {
    const sent = await queriesOf(app.core.db, () =>
      scim('POST', '/.search', { body: { filter: 'displayName pr', count: 1, sortBy: 'displayName' } }),
    );
    for (const { sql, rows } of sent) expect(rows.length, sql).to.be.at.most(1);
  });

  it('refuses what it cannot be asked', async () => {
    const refuse = async (body: object, status: number, scimType?: string) =>
      refused(await scim('POST', '/.search', { body }), status, scimType);
    await refuse({ filter: 'nothing eq "x"' }, 400, 'invalidFilter');
    await refuse({ filter: 'password eq "x"' }, 403, 'sensitive');
    await refuse({ sortBy: 'nothing' }, 400, 'invalidPath');
    await refuse({ sortBy: 'name' }, 400, 'invalidPath');
    await refuse({ filter: { a: 1 } }, 400, 'invalidValue');
    await refuse({ attributes: [{}] }, 400, 'invalidValue');
    await refuse({ cursor: 'x' }, 400, 'invalidCursor');
    await refuse({ cursor: '', count: 0 }, 400, 'invalidCount');
    refused(await scim('POST', '/.search', { body: [] }), 400, 'invalidSyntax');
    refused(await scim('POST', '/Groups/.search', { body: { filter: 'userName pr' } }), 400, 'invalidFilter');
  });

  it('sees nothing of another workspace', async () => {
    const other = await newWorkspace<Answer>(app);
    expect(listed(await other.scim('POST', '/.search', { body: {} }))).to.deep.equal([]);
  });
});
