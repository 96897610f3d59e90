import { expect } from 'chai';
import { attributeName } from '../../../src/scim/schema/attribute.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, type ScimReply, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf, refused } from './resources.ts';

describe('SCIM over HTTP: lists', () => {
  let app: TestApp;
  before(async () => {
    app = await sharedApp();
  });

  const names = (reply: ScimReply<Resource>, name: 'userName' | 'displayName' = 'userName'): string[] =>
    listed(reply).map((one) => one[name]);

  describe('pages by index', () => {
    let workspace: TestWorkspace<Resource>;
    before(async () => {
      workspace = await newWorkspace<Resource>(app);
      await app.core.db.raw(
        `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at)
          select ?, gen_random_uuid(), 'user ' || n, 'active', 'scim', 'idp', now(), now(), now()
          from generate_series(1, 530) n`,
        [workspace.id],
      );
      for (const displayName of ['a', 'b', 'c']) {
        await workspace.scim('POST', '/Groups', { body: { displayName } });
      }
    });

    const page = (query: Record<string, string | number>) => workspace.scim('GET', '/Users', { query });

    for (const count of [7, 100, 500]) {
      it(`all pages of ${count} visit each user once, in one order`, async () => {
        const seen: string[] = [];
        for (let startIndex = 1; startIndex <= 530; startIndex += count) {
          const reply = await page({ startIndex, count, attributes: 'userName' });
          expect(reply.body).to.include({ totalResults: 530, startIndex });
          seen.push(...names(reply));
        }
        expect(seen).to.have.lengthOf(530);
        expect(new Set(seen)).to.have.property('size', 530);
        expect(seen.slice(0, 3)).to.deep.equal(names(await page({ count: 3 })));
      });
    }

    it('all pages of a sort whose keys are all the same visit each user once', async () => {
      const seen: string[] = [];
      for (let startIndex = 1; startIndex <= 530; startIndex += 60) {
        seen.push(...names(await page({ startIndex, count: 60, sortBy: 'active', attributes: 'userName' })));
      }
      expect(new Set(seen)).to.have.property('size', 530);
    });

    const rules: readonly (readonly [
      Record<string, string>,
      { startIndex: number; itemsPerPage: number },
    ])[] = [
      [{}, { startIndex: 1, itemsPerPage: 100 }],
      [
        { startIndex: '0', count: '1' },
        { startIndex: 1, itemsPerPage: 1 },
      ],
      [
        { startIndex: '-5', count: '1' },
        { startIndex: 1, itemsPerPage: 1 },
      ],
      [{ count: '0' }, { startIndex: 1, itemsPerPage: 0 }],
      [{ count: '-1' }, { startIndex: 1, itemsPerPage: 0 }],
      [{ count: '501' }, { startIndex: 1, itemsPerPage: 500 }],
      [{ count: '99999999999999999999' }, { startIndex: 1, itemsPerPage: 500 }],
      [{ startIndex: '530' }, { startIndex: 530, itemsPerPage: 1 }],
      [{ startIndex: '531' }, { startIndex: 531, itemsPerPage: 0 }],
      [{ startIndex: '9007199254740991' }, { startIndex: 2 ** 48, itemsPerPage: 0 }],
      [
        { startIndex: '', count: '' },
        { startIndex: 1, itemsPerPage: 100 },
      ],
    ];
    for (const [query, expected] of rules) {
      it(`${JSON.stringify(query)} is ${JSON.stringify(expected)}`, async () => {
        const reply = await page(query);
        listed(reply);
        expect(reply.body).to.include({ totalResults: 530, ...expected });
      });
    }

    for (const query of [
      { count: 'ten' },
      { startIndex: '1.5' },
      { startIndex: 'NaN' },
      { count: '1;drop' },
    ]) {
      it(`${JSON.stringify(query)} is refused`, async () => {
        refused(await page(query), 400, 'invalidValue');
      });
    }

    it('groups are paged the same way', async () => {
      const reply = await workspace.scim('GET', '/Groups', { query: { startIndex: 2, count: 1 } });
      expect(names(reply, 'displayName')).to.deep.equal(['b']);
      expect(reply.body).to.include({ totalResults: 3, startIndex: 2, itemsPerPage: 1 });
    });

    it('a POST to .search is the same query, for each type', async () => {
      const body = {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
        filter: 'userName sw "user 52"',
        sortBy: 'userName',
        sortOrder: 'descending',
        startIndex: 2,
        count: 3,
        attributes: ['userName'],
      };
      const reply = await workspace.scim('POST', '/Users/.search', { body });
      expect(names(reply)).to.deep.equal(['user 528', 'user 527', 'user 526']);
      expect(reply.body).to.include({ totalResults: 11, startIndex: 2 });
      expect(Object.keys(listed(reply)[0]!)).to.have.members(['schemas', 'id', 'userName']);
      const counted = await workspace.scim('POST', '/Users/.search', { body: { count: 0 } });
      expect(counted.body).to.include({ totalResults: 530, itemsPerPage: 0 });
      const groups = await workspace.scim('POST', '/Groups/.search', {
        body: { filter: 'displayName gt "a"' },
      });
      expect(names(groups, 'displayName')).to.deep.equal(['b', 'c']);
    });
  });

  describe('order', () => {
    let workspace: TestWorkspace<Resource>;
    before(async () => {
      workspace = await newWorkspace<Resource>(app);
      const users: readonly object[] = [
        {
          userName: 'b',
          title: 'Zoo',
          externalId: 'B',
          name: { familyName: 'x' },
          emails: [{ value: 'z@x.io' }, { value: 'b@x.io', primary: true }],
          [ENTERPRISE_USER]: { department: '2' },
          [ROLLCALL_USER]: { startDate: '2026-01-02' },
        },
        {
          userName: 'A',
          title: 'apple',
          externalId: 'a',
          name: { familyName: 'Y' },
          emails: [{ value: 'C@x.io' }, { value: 'a@x.io' }],
          active: false,
          [ENTERPRISE_USER]: { department: '10' },
          [ROLLCALL_USER]: { startDate: '2025-12-31' },
        },
        { userName: 'c' },
        { userName: 'Ä', title: 'Äpfel', emails: [{ value: 'a@x.io' }] },
      ];
      for (const body of users) {
        expect((await workspace.scim('POST', '/Users', { body })).status).to.equal(201);
      }
    });

    const sorted = async (sortBy: string, sortOrder?: string) =>
      names(
        await workspace.scim('GET', '/Users', { query: { sortBy, ...(sortOrder ? { sortOrder } : {}) } }),
      );

    // What has no value is last ascending and first descending; what is equal stays in the order of making.
    const orders: readonly (readonly [string, string])[] = [
      ['userName', 'A b c Ä'],
      ['USERNAME', 'A b c Ä'],
      ['title', 'A b Ä c'],
      ['externalId', 'b A c Ä'],
      ['name.familyName', 'b A c Ä'],
      ['emails', 'Ä b A c'],
      ['emails.value', 'Ä b A c'],
      ['active', 'A b c Ä'],
      [`${ENTERPRISE_USER}:department`, 'A b c Ä'],
      [`${ROLLCALL_USER}:startDate`, 'A b c Ä'],
      [`${ROLLCALL_USER}:status`, 'b c Ä A'],
      ['meta.created', 'b A c Ä'],
      ['id', 'b A c Ä'],
    ];
    for (const [sortBy, expected] of orders) {
      it(`sortBy=${sortBy}`, async () => {
        const ascending = expected.split(' ');
        expect(await sorted(sortBy)).to.deep.equal(ascending);
        expect(await sorted(sortBy, 'ascending')).to.deep.equal(ascending);
        expect(await sorted(sortBy, 'descending')).to.deep.equal(ascending.toReversed());
        expect(await sorted(sortBy, 'DESCENDING')).to.deep.equal(ascending.toReversed());
      });
    }

    it('a multi-valued attribute without a primary sorts by its first value, however many there are', async () => {
      const many = Array.from({ length: 200 }, (_, index) => ({
        value: `${String(199 - index).padStart(3, '0')}@x.io`,
      }));
      const alone = await newWorkspace<Resource>(app);
      for (const [userName, emails] of [
        ['many', many],
        ['100', [{ value: '100@x.io' }]],
        ['198', [{ value: '198@x.io' }]],
      ] as const) {
        await alone.scim('POST', '/Users', { body: { userName, emails } });
      }
      const query = { sortBy: 'emails' };
      expect(names(await alone.scim('GET', '/Users', { query }))).to.deep.equal(['100', '198', 'many']);
    });

    it('sortBy that names no attribute is refused, and password too', async () => {
      for (const sortBy of ['shoeSize', 'password', '__proto__', 'emails[type eq "work"].value']) {
        refused(await workspace.scim('GET', '/Users', { query: { sortBy } }), 400, 'invalidPath');
      }
    });

    for (const schema of [userSchema, groupSchema]) {
      it(`every attribute of a ${schema.name} sorts, or is refused for a reason: never a 5xx`, async () => {
        const made = ['meta.location', 'groups.$ref', 'members.$ref'];
        for (const chain of new Set(schema.index.values())) {
          const last = chain.at(-1)!;
          const name = attributeName(last.path);
          const isRefused =
            last.returned === 'never' ||
            (last.type === 'complex' && last.subAttributes.every((sub) => sub.name !== 'value')) ||
            made.includes(name) ||
            name.startsWith(`${ROLLCALL_USER}:access`);
          const query = { sortBy: name, sortOrder: 'descending', count: 1 };
          const reply = await workspace.scim('GET', `/${schema.name}s`, { query });
          expect(reply.status, name).to.equal(isRefused ? 400 : 200);
        }
      });
    }

    it('groups sort by displayName and by externalId', async () => {
      const alone = await newWorkspace<Resource>(app);
      for (const [displayName, externalId] of [
        ['b', 'x'],
        ['A', undefined],
        ['c', 'X'],
      ]) {
        await alone.scim('POST', '/Groups', { body: { displayName, externalId } });
      }
      const by = async (sortBy: string) =>
        names(await alone.scim('GET', '/Groups', { query: { sortBy } }), 'displayName');
      expect(await by('displayName')).to.deep.equal(['A', 'b', 'c']);
      expect(await by('externalId')).to.deep.equal(['c', 'b', 'A']);
    });
  });

  describe('filters', () => {
    let workspace: TestWorkspace<Resource>;
    before(async () => {
      workspace = await newWorkspace<Resource>(app);
      for (const body of [
        { userName: '100%', title: 'a_b' },
        { userName: '1000', title: 'aXb' },
        { userName: 'x\\y', title: '%' },
        {
          userName: 'é',
          emails: [
            { value: 'a@x.io', type: 'home' },
            { value: 'b@x.io', type: 'work' },
          ],
        },
        {
          userName: 'e',
          emails: [{ value: 'a@x.io', type: 'work' }],
          [ENTERPRISE_USER]: { costCenter: 'x' },
        },
      ]) {
        expect((await workspace.scim('POST', '/Users', { body })).status).to.equal(201);
      }
    });

    const finds = async (filter: string) =>
      names(await workspace.scim('GET', '/Users', { query: { filter } }));

    const table: readonly (readonly [string, readonly string[]])[] = [
      ['userName eq "100%"', ['100%']],
      ['userName sw "100%"', ['100%']],
      ['userName co "_"', []],
      ['title co "_"', ['100%']],
      ['title eq "A_B"', ['100%']],
      ['userName co "\\\\"', ['x\\y']],
      ['title ew "%"', ['x\\y']],
      ['userName eq "É"', ['é']],
      ['emails[type eq "work" and value eq "a@x.io"]', ['e']],
      ['emails.type eq "work" and emails.value eq "a@x.io"', ['é', 'e']],
      ['emails[type eq "work"].value eq "b@x.io"', ['é']],
      ['emails[not (type eq "home")]', ['é', 'e']],
      ['not (emails[type eq "home"])', ['100%', '1000', 'x\\y', 'e']],
      ['(title pr or emails pr) and not (userName eq "e") and userName gt "100%"', ['1000', 'x\\y', 'é']],
      ['title ne "%"', ['100%', '1000', 'é', 'e']],
      ['title eq null', ['é', 'e']],
      ['title ne null', ['100%', '1000', 'x\\y']],
      [`${ENTERPRISE_USER} pr`, ['e']],
      [`${ROLLCALL_USER} pr`, ['100%', '1000', 'x\\y', 'é', 'e']],
      [`${ROLLCALL_USER}:status eq "active" and ${ENTERPRISE_USER}:costCenter eq "X"`, ['e']],
      [
        'meta.created gt "2020-01-01T00:00:00Z" and meta.lastModified lt "2999-01-01T00:00:00Z"',
        ['100%', '1000', 'x\\y', 'é', 'e'],
      ],
      ['meta.resourceType eq "Group"', []],
      ['meta.version eq "W/\\"1\\"" and userName eq "e"', ['e']],
      ['meta pr', ['100%', '1000', 'x\\y', 'é', 'e']],
      [`schemas eq "${ENTERPRISE_USER}"`, ['e']],
      [`schemas[value ew "extension:enterprise:2.0:User"]`, ['e']],
      ['schemas pr and userName eq "e"', ['e']],
      ['active eq true and active ne "false" and userName eq "e"', ['e']],
      ['groups pr', []],
    ];
    for (const [filter, expected] of table) {
      it(filter, async () => {
        expect(await finds(filter)).to.deep.equal(expected);
      });
    }

    it('what cannot be asked for is invalidFilter, or 403 for what is never returned', async () => {
      for (const filter of [
        'meta.location pr',
        'groups.$ref pr',
        `${ROLLCALL_USER}:access pr`,
        'active gt true',
      ]) {
        refused(await workspace.scim('GET', '/Users', { query: { filter } }), 400, 'invalidFilter');
      }
      refused(
        await workspace.scim('GET', '/Groups', { query: { filter: 'members.$ref pr' } }),
        400,
        'invalidFilter',
      );
      refused(await workspace.scim('GET', '/Users', { query: { filter: 'password pr' } }), 403, 'sensitive');
    });

    it('a filter longer than 8 KiB or deeper than 50 is refused; at the limit it is not', async () => {
      const long = (length: number) => `userName eq "${'a'.repeat(length - 14)}"`;
      const deep = (depth: number) => `${'('.repeat(depth)}userName eq "e"${')'.repeat(depth)}`;
      const not = (depth: number) => `${'not ('.repeat(depth)}userName eq "e"${')'.repeat(depth)}`;
      expect(await finds(long(8192))).to.deep.equal([]);
      expect(await finds(deep(50))).to.deep.equal(['e']);
      expect(await finds(not(50))).to.deep.equal(['e']);
      for (const filter of [long(8193), deep(51), not(51), '('.repeat(8000), 'a'.repeat(10_000)]) {
        refused(await workspace.scim('GET', '/Users', { query: { filter } }), 400, 'invalidFilter');
        refused(await workspace.scim('POST', '/Groups/.search', { body: { filter } }), 400, 'invalidFilter');
      }
      const wide = Array.from({ length: 300 }, (_, index) => `title eq "${index}"`).join(' or ');
      expect(await finds(wide)).to.deep.equal([]);
    });

    it('a filter of 8 KiB fits into a GET when every character of it is percent-encoded', async () => {
      expect(await finds(`userName eq "${'é'.repeat(4000)}"`)).to.deep.equal([]);
    });

    it('groups by members, by what members are called, and by presence', async () => {
      const user = listed(
        await workspace.scim('GET', '/Users', { query: { filter: 'userName eq "e"' } }),
      )[0]!;
      const body = { displayName: 'g', externalId: 'x', members: [{ value: user.id }] };
      await workspace.scim('POST', '/Groups', { body });
      await workspace.scim('POST', '/Groups', { body: { displayName: 'h' } });
      const groups = async (filter: string) =>
        names(await workspace.scim('GET', '/Groups', { query: { filter } }), 'displayName');
      expect(await groups(`members.value eq "${user.id}"`)).to.deep.equal(['g']);
      // The schema says that the case of members.value does not matter, and that of an id does.
      const capitals = user.id.toUpperCase();
      expect(await groups(`members.value eq "${capitals}"`)).to.deep.equal(['g']);
      expect(await groups(`members.value sw "${capitals.slice(0, 20)}"`)).to.deep.equal(['g']);
      expect(await finds(`id eq "${capitals}"`)).to.deep.equal([]);
      expect(await groups(`members[value eq "${user.id}" and type eq "user"]`)).to.deep.equal(['g']);
      expect(await groups('members.display eq "E"')).to.deep.equal(['g']);
      expect(await groups('not (members pr)')).to.deep.equal(['h']);
      expect(await groups('externalId eq "X"')).to.deep.equal([]);
      expect(await groups(`members.value eq "nobody"`)).to.deep.equal([]);
      expect(await finds(`groups.display eq "G"`)).to.deep.equal(['e']);
    });

    it('a changed value is found by the new one only', async () => {
      const user = listed(
        await workspace.scim('GET', '/Users', { query: { filter: 'userName eq "e"' } }),
      )[0]!;
      const patch = patchOf({ op: 'replace', path: 'emails[type eq "work"].value', value: 'new@x.io' });
      await workspace.scim('PATCH', `/Users/${user.id}`, { body: patch });
      expect(await finds('emails.value eq "NEW@x.io"')).to.deep.equal(['e']);
      expect(await finds('emails.value eq "a@x.io"')).to.deep.equal(['é']);
    });
  });
});
