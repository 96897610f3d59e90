import { check, expectError, expectStatus, listed, same } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { at, items, valuesOf } from '../values.ts';

const GONE =
  'Service providers MAY choose not to permanently delete the resource but MUST return a 404 (Not Found) error code for all operations associated with the previously deleted resource.';

/** RFC 7644 section 3.6. */
export const deletion: readonly Requirement[] = [
  {
    id: '7644-3.6-01',
    level: 'MUST',
    title: 'A User is deleted with 204 and no body',
    paragraph:
      'In response to a successful DELETE, the server SHALL return a successful HTTP status code 204 (No Content).',
    test: async (t) => {
      const reply = expectStatus(await t.remove((await t.user()).path), 204);
      same(reply.text, '', 'the body', reply);
    },
  },
  {
    id: '7644-3.6-02',
    level: 'MUST',
    title: 'A Group is deleted with 204, and then is 404',
    paragraph:
      'In response to a successful DELETE, the server SHALL return a successful HTTP status code 204 (No Content).',
    needs: ['Group'],
    test: async (t) => {
      const group = await t.group();
      expectStatus(await t.remove(group.path), 204);
      expectError(await t.get(group.path), 404);
    },
  },
  {
    id: '7644-3.6-03',
    level: 'MUST',
    title: 'A deleted User is 404 when read',
    paragraph: GONE,
    test: async (t) => {
      const user = await t.user();
      expectStatus(await t.remove(user.path), 204);
      expectError(await t.get(user.path), 404);
    },
  },
  {
    id: '7644-3.6-04',
    level: 'MUST',
    title: 'A deleted User is 404 when replaced',
    paragraph: GONE,
    test: async (t) => {
      const user = await t.user();
      const body = await t.read(user);
      expectStatus(await t.remove(user.path), 204);
      expectError(await t.put(user.path, body), 404);
      expectError(await t.get(user.path), 404);
    },
  },
  {
    id: '7644-3.6-05',
    level: 'MUST',
    title: 'A deleted User is 404 when patched',
    paragraph: GONE,
    needs: ['patch'],
    test: async (t) => {
      const user = await t.user();
      expectStatus(await t.remove(user.path), 204);
      expectError(await t.patch(user.path, [{ op: 'replace', path: 'userName', value: t.unique() }]), 404);
      expectError(await t.get(user.path), 404);
    },
  },
  {
    id: '7644-3.6-06',
    level: 'MUST',
    title: 'A deleted User is 404 when deleted again',
    paragraph: GONE,
    test: async (t) => {
      const user = await t.user();
      expectStatus(await t.remove(user.path), 204);
      expectError(await t.remove(user.path), 404);
    },
  },
  {
    id: '7644-3.6-07',
    level: 'MUST',
    title: 'A deleted User is not found',
    paragraph: 'Service providers MUST omit the resource from future query results.',
    needs: ['filter'],
    test: async (t) => {
      const user = await t.user();
      expectStatus(await t.remove(user.path), 204);
      const filter = `userName eq "${String(at(user.body, 'userName'))}"`;
      const reply = await t.get(t.server.users, { filter });
      same(listed(reply), [], 'found afterwards', reply);
      same(at(reply.body, 'totalResults'), 0, '"totalResults"', reply);
    },
  },
  {
    id: '7644-3.6-08',
    level: 'SHOULD',
    title: 'The userName of a deleted User is free',
    paragraph:
      'a CREATE request for a User resource with the same userName as the previously deleted resource SHOULD NOT fail with a 409 error due to userName conflict.',
    test: async (t) => {
      const user = await t.user();
      expectStatus(await t.remove(user.path), 204);
      expectStatus(await t.post(t.server.users, t.userBody({ userName: at(user.body, 'userName') })), 201);
    },
  },
  {
    id: '7644-3.6-09',
    level: 'MUST',
    title: 'An unknown User is 404 when deleted',
    paragraph: '404 (Not Found): Specified resource (e.g., User) or endpoint does not exist. (section 3.12)',
    test: async (t) => {
      expectError(await t.remove(`${t.server.users}/${t.unique()}`), 404);
    },
  },
  {
    id: '7644-3.6-10',
    level: 'MUST',
    title: 'A deleted Group is none of its members’ groups',
    paragraph: 'groups: A list of groups to which the user belongs. (RFC 7643 section 4.1.2)',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      expectStatus(await t.remove(group.path), 204);
      same(items(at(await t.read(user), 'groups')), [], 'groups of the User');
    },
  },
  {
    id: '7644-3.6-11',
    level: 'MUST',
    title: 'Deleting one leaves the others',
    paragraph: 'Clients request resource removal via DELETE.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [gone, stays] = [await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: gone.id }, { value: stays.id }] });
      expectStatus(await t.remove(gone.path), 204);
      await t.read(stays);
      const members = valuesOf(at(await t.read(group), 'members'), 'value');
      check(members.includes(stays.id), 'the other member is no longer in the Group');
      if (members.includes(gone.id)) t.note('A deleted User stays among the members of their groups.');
    },
  },
];
