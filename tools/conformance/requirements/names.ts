import { check, expectError, expectStatus, listed, same, skip } from '../check.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { attributeOf } from '../server.ts';
import { at, valuesOf } from '../values.ts';

const PRECIS =
  'Before comparing or evaluating the uniqueness of a "userName" or "password" attribute, service providers MUST use the preparation, enforcement, and comparison of internationalized strings (PRECIS) preparation and comparison rules described in Sections 3 and 4, respectively, of [RFC7613].';

/** Makes a user of one name, and fails when the server makes another one of the other name. */
async function oneName(t: Tester, name: string, other: string): Promise<void> {
  const prefix = t.unique();
  const user = await t.user({ userName: `${prefix}-${name}` });
  const reply = await t.post(t.server.users, t.userBody({ userName: `${prefix}-${other}` }));
  // A server may also refuse what is not prepared.
  check(reply.status !== 201, 'two users were made whose names are the same to PRECIS', reply);
  expectError(reply, [400, 409], 'uniqueness', 'invalidValue');
  same(at(await t.read(user), 'id'), user.id, '"id" of the first');
}

/** RFC 7644 sections 3.5 and 5, and what RFC 7643 section 7 says of uniqueness. */
export const names: readonly Requirement[] = [
  {
    id: '7644-3.5-01',
    level: 'SHOULD',
    title: 'PATCH is supported',
    paragraph:
      'Resources such as Groups may be very large; hence, implementers SHOULD support HTTP PATCH to enable partial resource modifications.',
    test: (t) => {
      same(at(t.server.config, 'patch', 'supported'), true, '"patch.supported"', t.server.replies.config);
    },
  },
  {
    id: '7644-5-01',
    level: 'MUST',
    title: 'A userName is the same, composed or decomposed',
    paragraph: `${PRECIS} (RFC 7613 section 3.2: Unicode Normalization Form C MUST be applied to all characters)`,
    test: (t) => oneName(t, 'zo\u00eb@example.com', 'zoe\u0308@example.com'),
  },
  {
    id: '7644-5-02',
    level: 'MUST',
    title: 'A userName is the same, wide or narrow',
    paragraph: `${PRECIS} (RFC 7613 section 3.2: Fullwidth and halfwidth characters MUST be mapped to their decomposition mappings)`,
    test: (t) => oneName(t, 'wide@example.com', '\uff57\uff49\uff44\uff45@example.com'),
  },
  {
    id: '7644-5-03',
    level: 'MUST',
    title: 'A userName is found, composed or decomposed',
    paragraph: PRECIS,
    needs: ['filter'],
    test: async (t) => {
      const prefix = t.unique();
      const user = await t.user({ userName: `${prefix}-zo\u00eb@example.com` });
      const reply = await t.get(t.server.users, { filter: `userName eq "${prefix}-zoe\u0308@example.com"` });
      same(valuesOf(listed(reply), 'id'), [user.id], 'found', reply);
    },
  },
  {
    id: '7644-5-04',
    level: 'MUST',
    title: 'The case of letters beyond ASCII does not matter in a userName',
    paragraph: `${PRECIS} (RFC 7643 section 4.1.1: This attribute … is case insensitive)`,
    test: (t) => oneName(t, 'zo\u00eb@example.com', 'ZO\u00cb@example.com'),
  },
  {
    id: '7644-5-05',
    level: 'MUST',
    title: "Another User's userName is refused by a PUT, composed or decomposed",
    paragraph: PRECIS,
    test: async (t) => {
      const prefix = t.unique();
      await t.user({ userName: `${prefix}-zo\u00eb@example.com` });
      const other = await t.user();
      const userName = `${prefix}-zoe\u0308@example.com`;
      expectError(
        await t.put(other.path, t.userBody({ userName })),
        [400, 409],
        'uniqueness',
        'invalidValue',
      );
      same(at(await t.read(other), 'userName'), at(other.body, 'userName'), '"userName" of the other');
    },
  },
  {
    id: '7643-7-16',
    level: 'SHOULD',
    title: 'What the schema of Group calls unique is unique',
    paragraph:
      'server: The value SHOULD be unique within the context of the current SCIM endpoint (or tenancy). … A server MAY reject an invalid value based on uniqueness.',
    needs: ['Group'],
    test: async (t) => {
      const uniqueness = at(attributeOf(t.server, 'Group:displayName'), 'uniqueness');
      if (uniqueness !== 'server' && uniqueness !== 'global') skip('displayName of Group is not unique');
      const body = t.groupBody();
      expectStatus(await t.post(t.server.groups, body), 201);
      expectError(await t.post(t.server.groups, body), [400, 409], 'uniqueness');
    },
  },
];
