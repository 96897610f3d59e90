import { expect } from 'chai';
import pg from 'pg';
import type { TestApp } from '../../support/app.ts';
import type { Answer, Replied, Scim } from '../bulk/answers.ts';
import { pages } from '../cursor/walk.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';

const USERS = 40;
/** Of one user; what repeats itself is stored in far less. */
const CHARACTERS = 200_000;
const LIMIT = 4 * 1024 * 1024;
const MEMBERS = 9_000;
const GROUPS = 4;

describe('SCIM pages end at a size', function () {
  this.timeout(90_000);
  let app: TestApp;
  let client: pg.Client;
  let id: string;
  let scim: Scim;

  before(async () => {
    app = await sharedApp();
    const workspace = await newWorkspace<Answer>(app);
    ({ id, scim } = workspace);
    client = new pg.Client(app.databaseUrl);
    await client.connect();
    // Rows are written by the tens of thousands: without looking each reference up.
    await client.query('set session_replication_role = replica');
  });
  after(() => client.end());

  /** Users with a title of many characters, each second of them one that hardly can be compressed. */
  const insertUsers = (to: string, count: number, characters: number) =>
    client.query(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at,
          attributes)
        select $1, gen_random_uuid(), 'large' || lpad(n::text, 6, '0') || '@example.org', 'active', 'scim', 'idp', now(),
          now(), now(), jsonb_build_object('title', case when n % 2 = 0 then repeat('x', $3)
            else (select string_agg(md5(n || '/' || k), '') from generate_series(1, $3 / 32) k) end)
        from generate_series(1, $2) n`,
      [to, count, characters],
    );

  /** All pages by position, as a client asks for them that goes on behind what it has got. */
  async function byIndex(path: string, query: Record<string, string | number>): Promise<Replied[]> {
    const all: Replied[] = [];
    let startIndex = 1;
    for (;;) {
      const page = await scim('GET', path, { query: { ...query, startIndex, count: 500 } });
      expect(page.status).to.equal(200);
      expect(page.body).to.include({ startIndex, itemsPerPage: page.body.Resources.length });
      all.push(page);
      startIndex += page.body.itemsPerPage;
      if (page.body.itemsPerPage === 0 || startIndex > page.body.totalResults) return all;
    }
  }

  const bytes = ({ body }: Replied) => Buffer.byteLength(JSON.stringify(body));
  const ids = (all: readonly Replied[]) => all.flatMap(({ body }) => body.Resources.map((one) => one.id));

  function checkPages(all: readonly Replied[], total: number): void {
    expect(all.length).to.be.above(1);
    expect(ids(all)).to.have.lengthOf(total);
    expect(new Set(ids(all)).size).to.equal(total);
    for (const page of all) {
      expect(page.body.totalResults).to.equal(total);
      expect(bytes(page)).to.be.below(LIMIT + 100_000);
    }
    for (const page of all.slice(0, -1)) expect(bytes(page)).to.be.above(LIMIT / 2);
  }

  describe('of large users', () => {
    before(() => insertUsers(id, USERS, CHARACTERS));

    const queries: readonly Record<string, string>[] = [
      {},
      { sortBy: 'userName', sortOrder: 'descending' },
      { filter: 'userName sw "large"', sortBy: 'meta.created' },
      { filter: 'title pr' },
      { excludedAttributes: 'groups' },
      { attributes: 'title,urn:ietf:params:scim:schemas:extension:rollcall:2.0:User:access' },
    ];
    for (const path of ['/Users', '/']) {
      for (const query of queries) {
        it(`GET ${path} ${JSON.stringify(query)}: every user is on one page, by position`, async () => {
          checkPages(await byIndex(path, query), USERS);
        });

        it(`GET ${path} ${JSON.stringify(query)}: every user is on one page, by cursor, forth and back`, async () => {
          const forth = await pages(scim, path, { ...query, count: 500 });
          checkPages(forth, USERS);
          const back: Replied[] = [];
          let cursor = forth.at(-1)?.body.previousCursor;
          while (cursor !== undefined) {
            const page: Replied = await scim('GET', path, { query: { ...query, count: 500, cursor } });
            back.unshift(page);
            cursor = page.body.previousCursor;
          }
          const last = forth.at(-1)!;
          expect(ids([...back, last])).to.deep.equal(ids(forth));
          for (const page of back) expect(bytes(page)).to.be.below(LIMIT + 100_000);
        });
      }
    }

    it('a search by POST ends its page as well', async () => {
      for (const path of ['/.search', '/Users/.search']) {
        const page = await scim('POST', path, {
          body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], count: 500 },
        });
        expect(page.body.totalResults).to.equal(USERS);
        expect(page.body.itemsPerPage)
          .to.be.within(1, USERS - 1)
          .and.equal(page.body.Resources.length);
        expect(bytes(page)).to.be.below(LIMIT + 100_000);
      }
    });

    it('what is not shown does not count', async () => {
      const page = await scim('GET', '/Users', { query: { count: 0 } });
      expect(page.body).to.include({ totalResults: USERS, itemsPerPage: 0 });
    });
  });

  it('an ordinary page of 500 is not ended early', async () => {
    const workspace = await newWorkspace<Answer>(app);
    await insertUsers(workspace.id, 500, 3_000);
    for (const query of [{ startIndex: 1 }, { cursor: '' }]) {
      const { body } = await workspace.scim('GET', '/Users', { query: { ...query, count: 500 } });
      expect(body).to.include({ totalResults: 500, itemsPerPage: 500 });
    }
  });

  it('many users with one externalId are paged as well', async () => {
    const workspace = await newWorkspace<Answer>(app);
    await insertUsers(workspace.id, USERS, CHARACTERS);
    await client.query(`update users set external_id = 'same' where workspace_id = $1`, [workspace.id]);
    const query = { filter: 'externalId eq "same"', count: 500 };
    const { body } = await workspace.scim('GET', '/Users', { query });
    expect(body.totalResults).to.equal(USERS);
    expect(body.itemsPerPage).to.be.within(10, USERS - 1);
  });

  describe('of large groups', () => {
    let groups: Scim;
    let groupIds: string[];
    before(async () => {
      const workspace = await newWorkspace<Answer>(app);
      groups = workspace.scim;
      await insertUsers(workspace.id, MEMBERS, 10);
      const inserted = await client.query<{ id: string }>(
        `insert into groups (workspace_id, id, display_name, external_id, source, created_at, updated_at)
          select $1, gen_random_uuid(), 'Group ' || n, 'same', 'scim', now(), now()
          from generate_series(1, ${GROUPS}) n returning id`,
        [workspace.id],
      );
      groupIds = inserted.rows.map((row) => row.id);
      await client.query(
        `insert into memberships (workspace_id, group_id, user_id, since, since_event)
          select u.workspace_id, g.id, u.id, now(), gen_random_uuid() from users u, unnest($2::uuid[]) g(id)
          where u.workspace_id = $1`,
        [workspace.id, groupIds],
      );
      // One small one beside them.
      await groups('POST', '/Groups', { body: { displayName: 'Small', members: [] } });
    });

    for (const path of ['/Groups', '/']) {
      it(`GET ${path}: a page ends after some groups, and all of them come`, async () => {
        const filter = path === '/' ? { filter: 'displayName sw "group"' } : {};
        const all = await pages(groups, path, { ...filter, count: 500 });
        expect(all.length).to.be.above(1);
        const members = all.flatMap(({ body }) =>
          body.Resources.map((group) => (group.members as Answer[] | undefined)?.length),
        );
        expect(members.filter((count) => count === MEMBERS)).to.have.lengthOf(GROUPS);
        const many = await groups('GET', path, {
          query: { ...filter, count: 500, attributes: 'displayName' },
        });
        expect(many.body.itemsPerPage).to.equal(many.body.totalResults);
      });
    }

    it('groups that share an externalId end their page as well', async () => {
      const { body } = await groups('GET', '/Groups', { query: { filter: 'externalId eq "same"' } });
      expect(body.totalResults).to.equal(GROUPS);
      expect(body.itemsPerPage).to.be.within(1, 3);
    });

    it('one group alone has all its members, whole and by sub-attribute, also in the answer to a change', async () => {
      const [one = ''] = groupIds;
      const whole = await groups('GET', `/Groups/${one}`);
      const member = whole.body.members[0]!;
      expect(member).to.have.all.keys('value', '$ref', 'display', 'type');
      expect(new Set(whole.body.members.map(({ value }) => value)).size).to.equal(MEMBERS);
      expect(whole.headers.etag).to.be.a('string');
      const values = await groups('GET', `/Groups/${one}`, { query: { attributes: 'members.value' } });
      expect(values.body.members).to.have.lengthOf(MEMBERS);
      expect(values.body.members[0]).to.deep.equal({ value: member.value });
      const changed = await groups('PATCH', `/Groups/${one}`, {
        query: { attributes: 'members' },
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'remove', path: `members[value eq "${member.value}"]` }],
        },
      });
      expect(changed.body.members).to.have.lengthOf(MEMBERS - 1);
      const known = await groups('GET', `/Groups/${one}`, {
        headers: { 'If-None-Match': changed.headers.etag },
      });
      expect(known.status).to.equal(304);
      expect((await groups('HEAD', `/Groups/${one}`)).status).to.equal(200);
    });
  });

  it('a user in very many groups shows all of them, and ends a page', async () => {
    const workspace = await newWorkspace<Answer>(app);
    await insertUsers(workspace.id, 5, 10);
    await client.query(
      `with g as (insert into groups (workspace_id, id, display_name, source, created_at, updated_at)
          select $1, gen_random_uuid(), 'Group ' || n, 'scim', now(), now() from generate_series(1, 2500) n
          returning id)
        insert into memberships (workspace_id, group_id, user_id, since, since_event)
        select u.workspace_id, g.id, u.id, now(), gen_random_uuid() from users u, g where u.workspace_id = $1`,
      [workspace.id],
    );
    const list = await workspace.scim('GET', '/Users');
    for (const user of list.body.Resources) {
      expect(new Set(user.groups.map(({ value }) => value)).size).to.equal(2_500);
      expect(user.groups[0]).to.have.all.keys('value', '$ref', 'display', 'type');
    }
    const one = list.body.Resources[0]!.id;
    const alone = await workspace.scim('GET', `/Users/${one}`, { query: { attributes: 'groups.value' } });
    expect(alone.body.groups).to.have.lengthOf(2_500);
    expect(alone.body.groups[0]).to.have.all.keys('value');
  });
});
