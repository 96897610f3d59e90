import { check, expectError, expectKeyword, expectStatus, same, skip } from '../check.ts';
import type { Requirement } from '../requirement.ts';
import { requireAttribute } from '../server.ts';
import { at, items, shown, textAt, valuesOf, without } from '../values.ts';

const PASSWORD = 'Tr0ub4dor&3-correct-horse';

/** RFC 7643 sections 4.1 and 4.2: User and Group. */
export const userAndGroup: readonly Requirement[] = [
  {
    id: '7643-4.1.1-01',
    level: 'MUST',
    title: 'A User without userName is refused',
    paragraph: 'Each User MUST include a non-empty userName value. … This attribute is REQUIRED.',
    test: async (t) => {
      const body = without(t.userBody(), 'userName');
      expectError(await t.post(t.server.users, body), 400, 'invalidValue', 'invalidSyntax');
    },
  },
  {
    id: '7643-4.1.1-02',
    level: 'MUST',
    title: 'A User with an empty userName is refused',
    paragraph: 'Each User MUST include a non-empty userName value.',
    test: async (t) => {
      for (const userName of ['', null]) {
        const reply = await t.post(t.server.users, t.userBody({ userName }));
        expectError(reply, 400, 'invalidValue', 'invalidSyntax');
      }
    },
  },
  {
    id: '7643-4.1.1-03',
    level: 'MUST',
    title: 'No two users have one userName',
    paragraph: "This identifier MUST be unique across the service provider's entire set of Users.",
    test: async (t) => {
      const user = await t.user();
      const reply = await t.post(t.server.users, t.userBody({ userName: at(user.body, 'userName') }));
      expectKeyword(reply, 409, 'uniqueness');
    },
  },
  {
    id: '7643-4.1.1-04',
    level: 'MUST',
    title: 'Two names that differ only in case are one userName',
    paragraph: 'This identifier MUST be unique … This attribute is REQUIRED and is case insensitive.',
    test: async (t) => {
      const user = await t.user();
      const userName = textAt(user.body, 'userName')?.toUpperCase();
      expectKeyword(await t.post(t.server.users, t.userBody({ userName })), 409, 'uniqueness');
    },
  },
  {
    id: '7643-4.1.1-05',
    level: 'MUST',
    title: 'A password is never returned',
    paragraph:
      'The cleartext value or the hashed value of a password SHALL NOT be returnable by a service provider.',
    writes: ['User:password'],
    test: async (t) => {
      const user = await t.user({ password: PASSWORD });
      const replies = [
        user.reply,
        await t.get(user.path),
        await t.get(user.path, { attributes: 'password,userName' }),
        await t.get(t.server.users, { attributes: 'password', count: 5 }),
        await t.put(user.path, t.userBody({ password: PASSWORD })),
      ];
      for (const reply of replies) {
        const shows = [reply.body, ...items(at(reply.body, 'Resources'))].some(
          (one) => at(one, 'password') !== undefined,
        );
        check(!shows && !reply.text.includes(PASSWORD), 'the answer shows the password', reply);
      }
    },
  },
  {
    id: '7643-4.1.1-06',
    level: 'MUST',
    title: 'The parts of a name come back as they went',
    paragraph:
      'Service providers MAY return just the full name as a single string in the formatted sub-attribute, or … just the individual component attributes, or … both.',
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const now = await t.read(await t.user({ name: { givenName: 'Barbara', familyName: 'Jensen' } }));
      const formatted = textAt(now, 'name', 'formatted');
      if (at(now, 'name', 'givenName') === undefined && formatted !== undefined) {
        check(
          formatted.includes('Barbara') && formatted.includes('Jensen'),
          `name.formatted is ${formatted}`,
        );
        return;
      }
      same(at(now, 'name', 'givenName'), 'Barbara', 'name.givenName');
      same(at(now, 'name', 'familyName'), 'Jensen', 'name.familyName');
    },
  },
  {
    id: '7643-4.1.2-01',
    level: 'MUST',
    title: "A User's groups are those they are a member of, by id",
    paragraph:
      'If the SCIM service provider exposes a "Group" resource, the "value" sub-attribute MUST be the "id", and the "$ref" sub-attribute must be the URI of the corresponding "Group" resources to which the user belongs.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      requireAttribute(t.server, 'User:groups');
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      const groups = at(await t.read(user), 'groups');
      same(valuesOf(groups, 'value'), [group.id], 'groups.value');
      const ref = textAt(groups, 0, '$ref');
      check(ref === undefined || ref.endsWith(group.path), `groups.$ref is ${shown(ref)}`);
    },
  },
  {
    id: '7643-4.1.2-02',
    level: 'MUST',
    title: 'Groups in a POST or PUT of a User change nothing',
    paragraph:
      'Since this attribute has a mutability of "readOnly", group membership changes MUST be applied via the "Group" Resource.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      requireAttribute(t.server, 'User:groups');
      const group = await t.group();
      const user = await t.user({ groups: [{ value: group.id }] });
      expectStatus(await t.put(user.path, t.userBody({ groups: [{ value: group.id }] })), 200);
      same(items(at(await t.read(user), 'groups')), [], 'groups of the User');
      same(items(at(await t.read(group), 'members')), [], 'members of the Group');
    },
  },
  {
    id: '7643-4.1.2-03',
    level: 'MUST',
    title: 'A PUT of a User does not end memberships',
    paragraph:
      'Since this attribute has a mutability of "readOnly", group membership changes MUST be applied via the "Group" Resource.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      expectStatus(await t.put(user.path, t.userBody({ groups: [] })), 200);
      same(valuesOf(at(await t.read(group), 'members'), 'value'), [user.id], 'members of the Group');
    },
  },
  {
    id: '7643-4.1.2-04',
    level: 'MUST',
    title: 'Who leaves a Group no longer has it among their groups',
    paragraph: 'groups: A list of groups to which the user belongs.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      requireAttribute(t.server, 'User:groups');
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      expectStatus(await t.put(group.path, t.groupBody({ members: [] })), 200);
      same(items(at(await t.read(user), 'groups')), [], 'groups of the User');
    },
  },
  {
    id: '7643-4.2-01',
    level: 'MUST',
    title: 'A Group without displayName is refused',
    paragraph: 'displayName: A human-readable name for the Group. REQUIRED.',
    needs: ['Group'],
    test: async (t) => {
      const required = at(requireAttribute(t.server, 'Group:displayName'), 'required');
      // The RFC's own schema says "false" where its text says REQUIRED (section 8.7.1).
      if (required === false) skip("the server's schema does not require displayName");
      const body = without(t.groupBody(), 'displayName');
      expectError(await t.post(t.server.groups, body), 400, 'invalidValue', 'invalidSyntax');
    },
  },
  {
    id: '7643-4.2-02',
    level: 'MUST',
    title: 'Members are shown by the ids of their resources',
    paragraph:
      'The "value" sub-attribute contains the value of an "id" attribute of a SCIM resource, and the "$ref" sub-attribute must be the URI of a SCIM resource such as a "User", or a "Group".',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const users = [await t.user(), await t.user()];
      const group = await t.group({ members: users.map(({ id }) => ({ value: id })) });
      const members = at(await t.read(group), 'members');
      same(valuesOf(members, 'value').toSorted(), users.map(({ id }) => id).toSorted(), 'members.value');
      for (const member of items(members)) {
        const ref = textAt(member, '$ref');
        check(
          ref === undefined || ref.endsWith(String(at(member, 'value'))),
          `members.$ref is ${shown(ref)}`,
        );
      }
    },
  },
  {
    id: '7643-4.2-03',
    level: 'SHOULD',
    title: 'A member given twice is one member',
    paragraph:
      'SHOULD NOT return the same (type, value) combination more than once per attribute. (section 2.4)',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const reply = await t.post(
        t.server.groups,
        t.groupBody({ members: [{ value: user.id }, { value: user.id }] }),
      );
      if (reply.status === 400) return;
      same(items(at(reply.body, 'members')).length, 1, 'the number of members', reply);
    },
  },
  {
    id: '7643-4.2-04',
    level: 'MUST',
    title: 'The value of a member cannot be changed by PATCH',
    paragraph:
      'While values MAY be added or removed, sub-attributes of members are "immutable". (RFC 7644 section 3.5.2: a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable".)',
    needs: ['Group', 'patch'],
    writes: ['Group:members'],
    test: async (t) => {
      const users = [await t.user(), await t.user()] as const;
      const group = await t.group({ members: [{ value: users[0].id }] });
      const path = `members[value eq "${users[0].id}"].value`;
      expectError(await t.patch(group.path, [{ op: 'replace', path, value: users[1].id }]), 400);
      same(valuesOf(at(await t.read(group), 'members'), 'value'), [users[0].id], 'members.value');
    },
  },
];
