import { check, expectStatus, listed, same, sameSet, skip } from '../check.ts';
import { finds, findsIfSupported, people, search } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { ENTERPRISE, USER } from '../server.ts';
import { at, shown, valuesOf } from '../values.ts';

const BRACKETS =
  'Table 5: Service providers MAY support complex filters where expressions MUST be applied to the same value of a parent attribute specified immediately before the left square bracket ("[").';

/** RFC 7644 section 3.4.2.2: what servers may or may not support, extensions, groups, and names that nobody knows. */
export const moreFilters: readonly Requirement[] = [
  {
    id: '7644-3.4.2.2-80',
    level: 'MUST',
    title: 'A filter in brackets is met by one value',
    paragraph: BRACKETS,
    needs: ['filter'],
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { tag, among } = await people(t);
      await findsIfSupported(t, `emails[type eq "work" and value eq "${tag}-b@example.org"]`, ['anna']);
      await finds(t, `emails[type eq "home" and value eq "${tag}-b@example.org"]`, []);
      await finds(t, `emails[type eq "home" and value ew "@example.org"] and ${among}`, ['bert']);
    },
  },
  {
    id: '7644-3.4.2.2-81',
    level: 'MUST',
    title: 'or and not in brackets',
    paragraph: 'valFilter = attrExp / logExp / *1"not" "(" valFilter ")"',
    needs: ['filter'],
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { tag, among } = await people(t);
      const either = `emails[value eq "${tag}-z@example.net" or value eq "${tag}-c@example.org"]`;
      await findsIfSupported(t, either, ['anna', 'bert']);
      await finds(t, `emails[not (type eq "work") and value ew "@example.org"] and ${among}`, ['bert']);
    },
  },
  {
    id: '7644-3.4.2.2-82',
    level: 'MUST',
    title: 'Brackets among other conditions, and under not',
    paragraph:
      'Figure 2: filter=userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
    needs: ['filter'],
    writes: ['User:emails.value', 'User:emails.type', 'User:active'],
    test: async (t) => {
      const { among } = await people(t);
      await findsIfSupported(t, `${among} and emails[type eq "work" and value ew "@example.com"]`, ['dora']);
      await finds(t, `${among} and not (emails[type eq "home"])`, ['carla', 'dora']);
      await finds(t, `${among} and (active eq false or emails[value ew "@example.com"])`, ['bert', 'dora']);
    },
  },
  {
    id: '7644-3.4.2.2-83',
    level: 'MUST',
    title: 'A complex multi-valued attribute by its value, as in the examples of the RFC',
    paragraph: 'Figure 2: (emails co "example.com" or emails.value co "example.org")',
    needs: ['filter'],
    writes: ['User:emails.value'],
    test: async (t) => {
      const { tag } = await people(t);
      await findsIfSupported(t, `emails co "${tag}-aa@example.com"`, ['dora']);
      await findsIfSupported(t, `emails eq "${tag}-z@example.net"`, ['anna']);
    },
  },
  {
    id: '7644-3.4.2.2-84',
    level: 'SHOULD',
    title: 'null is what has no value',
    paragraph:
      'compValue = false / null / …; Unassigned attributes, the null value, or an empty array SHALL be considered to be equivalent in "state". (RFC 7643 section 2.5)',
    needs: ['filter'],
    writes: ['User:title'],
    test: async (t) => {
      const { among } = await people(t);
      await findsIfSupported(t, `title eq null and ${among}`, ['carla']);
      await finds(t, `title ne null and ${among}`, ['anna', 'bert', 'dora']);
    },
  },
  {
    id: '7644-3.4.2.2-85',
    level: 'MUST',
    title: 'An attribute of an extension, by its URI',
    paragraph:
      'clients … SHOULD fully qualify extended attributes with the associated schema extension URN. (section 3.10)',
    needs: ['filter'],
    writes: ['Enterprise:employeeNumber'],
    test: async (t) => {
      const { tag } = await people(t);
      await findsIfSupported(t, `${ENTERPRISE}:employeeNumber eq "${tag}-100"`, ['anna']);
    },
  },
  {
    id: '7644-3.4.2.2-86',
    level: 'MUST',
    title: 'By the schemas of a resource',
    paragraph:
      'Clients MAY query by schema or schema extensions by using a filter expression including the "schemas" attribute.',
    needs: ['filter'],
    writes: ['Enterprise:employeeNumber'],
    test: async (t) => {
      const { among, of } = await people(t);
      await findsIfSupported(t, `schemas eq "${USER}" and ${among}`, ['anna', 'bert', 'carla', 'dora']);
      const reply = await search(t, `schemas eq "${ENTERPRISE}" and ${among}`);
      // Whoever has the extension shows it in "schemas".
      const expected = Object.values(of).filter(({ body }) =>
        (at(body, 'schemas') as unknown[]).includes(ENTERPRISE),
      );
      sameSet(
        valuesOf(listed(reply), 'id'),
        expected.map(({ id }) => id),
        'found by the extension',
        reply,
      );
    },
  },
  {
    id: '7644-3.4.2.2-87',
    level: 'MUST',
    title: 'By the type of a resource',
    paragraph:
      'A filter expression using "meta.resourceType" MAY be used to restrict results to one or more specific resource types. (section 3.4.2.1)',
    needs: ['filter'],
    test: async (t) => {
      const { among } = await people(t);
      await findsIfSupported(t, `meta.resourceType eq "User" and ${among}`, [
        'anna',
        'bert',
        'carla',
        'dora',
      ]);
      await finds(t, `meta.resourceType eq "Group" and ${among}`, []);
    },
  },
  {
    id: '7644-3.4.2.2-88',
    level: 'MUST',
    title: 'By an attribute that no schema has, nobody is found',
    paragraph: 'When specified, only those resources matching the filter expression SHALL be returned.',
    needs: ['filter'],
    test: async (t) => {
      const reply = await search(t, 'noSuchAttributeHere eq "x"');
      if (reply.status === 400) return;
      same(at(expectStatus(reply, 200).body, 'totalResults'), 0, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.4.2.2-89',
    level: 'MUST',
    title: 'A filter may ask for what the answer leaves out',
    paragraph: 'When specified, only those resources matching the filter expression SHALL be returned.',
    needs: ['filter'],
    writes: ['User:nickName'],
    test: async (t) => {
      const { among, of } = await people(t);
      const reply = await search(t, `nickName eq "delta" and ${among}`, { attributes: 'userName' });
      same(valuesOf(listed(reply), 'id'), [of.dora.id], 'found', reply);
      check(at(reply.body, 'Resources', 0, 'nickName') === undefined, 'nickName is shown', reply);
    },
  },
  {
    id: '7644-3.4.2.2-90',
    level: 'MUST',
    title: 'Groups by displayName',
    paragraph: 'Clients MAY request a subset of resources by specifying the "filter" query parameter.',
    needs: ['filter', 'Group'],
    test: async (t) => {
      const group = await t.group();
      await t.group();
      const filter = `displayName eq "${String(at(group.body, 'displayName'))}"`;
      const reply = await t.get(t.server.groups, { filter });
      same(valuesOf(listed(reply), 'id'), [group.id], `found by ${filter}`, reply);
    },
  },
  {
    id: '7644-3.4.2.2-91',
    level: 'MUST',
    title: 'Groups by a member',
    paragraph:
      'the filter matches if any of the values of the specified attribute match the specified criterion.',
    needs: ['filter', 'Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const users = [await t.user(), await t.user()] as const;
      const group = await t.group({ members: users.map(({ id }) => ({ value: id })) });
      await t.group({ members: [{ value: users[0].id }] });
      const reply = await t.get(t.server.groups, { filter: `members.value eq "${users[1].id}"` });
      if (reply.status === 400 && at(reply.body, 'scimType') === 'invalidFilter') {
        skip('the server answers invalidFilter, so it does not support this comparison (RFC 7644 table 9)');
      }
      same(valuesOf(listed(reply), 'id'), [group.id], 'found by a member', reply);
    },
  },
  {
    id: '7644-3.4.2.2-92',
    level: 'MUST',
    title: 'Users by their group',
    paragraph:
      'the filter matches if any of the values of the specified attribute match the specified criterion.',
    needs: ['filter', 'Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      const reply = await search(t, `groups.value eq "${group.id}"`);
      if (reply.status === 400) skip('the server does not filter by groups.value (RFC 7644 table 9)');
      same(valuesOf(listed(reply), 'id'), [user.id], 'found by their group', reply);
    },
  },
  {
    id: '7644-3.4.2.2-93',
    level: 'MUST',
    title: 'What was changed is found by its new value only',
    paragraph:
      'the service provider SHALL use the value that was returned to the client that last created or modified the attribute.',
    needs: ['filter'],
    test: async (t) => {
      const user = await t.user();
      const before = String(at(user.body, 'userName'));
      const body = t.userBody();
      expectStatus(await t.put(user.path, body), 200);
      const found = async (userName: unknown) =>
        valuesOf(listed(await search(t, `userName eq "${String(userName)}"`)), 'id');
      same(await found(before), [], `found by the old name ${shown(before)}`);
      same(await found(body['userName']), [user.id], 'found by the new name');
    },
  },
];
