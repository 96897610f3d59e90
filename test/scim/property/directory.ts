import { expect } from 'chai';
import fc from 'fast-check';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import type { Resource, TestWorkspace } from '../http/client.ts';
import { listed, patchOf } from '../http/resources.ts';
import { text } from '../language/arbitrary-condition.ts';

/** Text that is kept, with what SQL, LIKE and JSON trip over. */
const wild = fc.oneof(
  text,
  fc.constantFrom(
    'a%b',
    'a_b',
    'aXb',
    '100%',
    "O'Brien",
    '""',
    '\\\\',
    '\\"',
    '日本',
    '😀',
    'ß',
    'SS',
    '{}',
    '?',
    'zoe\u0308',
    '\uff57\uff49\uff44\uff45',
    '\uff76\uff9e',
    '\uffa1',
  ),
);

const date = fc.constantFrom('2024-02-29', '1999-12-31', '2026-01-02');

/** A multi-valued attribute; its elements may lack anything. */
const elements = fc.array(
  fc.record(
    {
      value: wild,
      type: fc.constantFrom('work', 'home', 'Work', 'é'),
      primary: fc.boolean(),
      display: wild,
    },
    { requiredKeys: [] },
  ),
  { maxLength: 4 },
);

const user = fc.record(
  {
    externalId: wild,
    active: fc.boolean(),
    displayName: wild,
    title: wild,
    name: fc.record({ familyName: wild, givenName: wild, formatted: wild }, { requiredKeys: [] }),
    emails: elements,
    phoneNumbers: elements,
    roles: elements,
    photos: elements,
    x509Certificates: fc.array(fc.record({ value: fc.constantFrom('TUlJ', 'QUJD') }), { maxLength: 2 }),
    addresses: fc.array(
      fc.record(
        { type: fc.constantFrom('work', 'home'), locality: wild, country: wild },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    [ENTERPRISE_USER]: fc.record(
      { department: wild, manager: fc.record({ value: wild, $ref: wild }, { requiredKeys: ['value'] }) },
      { requiredKeys: [] },
    ),
    [ROLLCALL_USER]: fc.record({ organization: wild, startDate: date }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

/** All of a workspace's users and groups, as SCIM shows them. */
export interface Directory {
  readonly users: readonly Resource[];
  readonly groups: readonly Resource[];
}

/** Fills a workspace with random users and groups, through SCIM where SCIM can, and reads them back. */
export async function fillDirectory(
  app: TestApp,
  { id, scim }: TestWorkspace<Resource>,
  { users, groups, seed }: { users: number; groups: number; seed: number },
): Promise<Directory> {
  const ids: string[] = [];
  const bodies = fc.sample(fc.tuple(wild, user), { numRuns: users, seed });
  for (const [index, [name, body]] of bodies.entries()) {
    const reply = await scim('POST', '/Users', { body: { userName: `${name}${index}`, ...body } });
    expect(reply.status, JSON.stringify([body, reply.body])).to.equal(201);
    ids.push(reply.body.id);
  }
  const membersOf = fc.sample(fc.subarray(ids, { maxLength: 6 }), { numRuns: groups, seed });
  for (const [index, members] of membersOf.entries()) {
    const [name = ''] = bodies[index] ?? [];
    const body = {
      displayName: `${name}${index}`,
      externalId: index % 3 === 0 ? name : undefined,
      members: members.map((value) => ({ value })),
    };
    expect((await scim('POST', '/Groups', { body })).status).to.equal(201);
  }
  // Versions, and times that are not all alike.
  for (const one of ids.slice(0, users / 4)) {
    await scim('PATCH', `/Users/${one}`, { body: patchOf({ op: 'replace', path: 'nickName', value: 'x' }) });
  }
  // What only others than SCIM can do.
  await app.core.db.raw(
    `update users set status = 'pending', active_since = null, removed_at = null
      where workspace_id = ? and id = any(?::uuid[])`,
    [id, ids.slice(0, 3)],
  );
  await app.core.db.raw(
    `insert into user_last_access (workspace_id, user_id, at)
      select ?, one, timestamptz '2026-01-02 03:04:05.678Z' from unnest(?::uuid[]) one`,
    [id, ids.slice(0, users / 3)],
  );
  return {
    users: listed(await scim('GET', '/Users', { query: { count: 500 } })),
    groups: listed(await scim('GET', '/Groups', { query: { count: 500 } })),
  };
}
