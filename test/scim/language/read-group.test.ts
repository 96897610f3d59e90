import { expect } from 'chai';
import type { GroupDocument } from '../../../src/scim/input/group.ts';
import { readGroup } from '../../../src/scim/input/group.ts';
import { CORE_GROUP } from '../../../src/scim/schema/urns.ts';
import { cpuTime } from './cpu-time.ts';
import { expectError } from './expect-error.ts';

const entra = 'Microsoft Learn, use-scim-to-provision-users-and-groups';
const okta = 'Okta developer docs, SCIM 2.0 reference';
const id = '5f6f6b6a-3e11-4a53-8a53-c7b4f1c09a3e';

const table: readonly [source: string, what: string, body: object, expected: Partial<GroupDocument>][] = [
  ['RFC 7643 4.2', 'no members', {}, {}],
  ['RFC 7643 4.2', 'an empty list', { members: [] }, { members: [] }],
  ['RFC 7643 2.5', 'null for members', { members: null }, { members: [] }],
  [okta, 'members with their display', { members: [{ value: 'a', display: 'A' }] }, { members: ['a'] }],
  [
    entra,
    '$ref: null, names in capitals',
    { Members: [{ $ref: null, VALUE: 'a', Type: 'User' }] },
    { members: ['a'] },
  ],
  [
    entra,
    'a schema of its own',
    { schemas: [CORE_GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'] },
    {},
  ],
  [okta, 'id, meta and display: null', { id: 'x', meta: {}, display: null, externalId: null }, {}],
  [
    'contract 4',
    'bare ids, a single one, one that comes twice',
    { members: ['a', { value: 'a' }, 'b', null] },
    { members: ['a', 'b'] },
  ],
  ['contract 4', 'a UUID in capitals', { members: [id.toUpperCase(), id] }, { members: [id] }],
  ['contract 4', 'externalId', { externalId: 'E' }, { externalId: 'E' }],
  ['RFC 7644 3.10', 'a qualified key', { [`${CORE_GROUP}:members`]: { value: 'a' } }, { members: ['a'] }],
];

describe('readGroup: RFC 7644 sections 3.3 and 3.5.1', () => {
  for (const [source, what, body, expected] of table) {
    it(`reads ${what} (${source})`, () => {
      expect(readGroup({ displayName: 'g', ...body })).to.deep.equal({ displayName: 'g', ...expected });
    });
  }

  it('reads ten thousand members quickly', () => {
    const members = Array.from({ length: 10_000 }, (_, n) => ({ value: `u${n}`, $ref: null }));
    const time = cpuTime(() => {
      expect(readGroup({ displayName: 'g', members }).members).to.have.length(10_000);
    });
    expect(time).to.be.lessThan(500);
  });

  const refused: readonly [what: string, body: unknown, detail: string][] = [
    ['no name', {}, '"displayName"'],
    ['a blank name', { displayName: ' ' }, '"displayName"'],
    ['a name of 256', { displayName: 'x'.repeat(256) }, '"displayName"'],
    [
      'a nested group',
      { displayName: 'g', members: [{ value: 'a', type: 'Group' }] },
      'nested groups are not supported',
    ],
    ['a member without a value', { displayName: 'g', members: [{ display: 'A' }] }, '"members.value"'],
    ['a member that is a number', { displayName: 'g', members: [1] }, '"members.value"'],
    ['a list in a list', { displayName: 'g', members: [['a', 'b']] }, '"members.value"'],
    ['a NUL in a member', { displayName: 'g', members: ['a\0'] }, '"members.value"'],
  ];
  for (const [what, body, detail] of refused) {
    it(`refuses ${what}`, () => {
      expect(expectError(() => readGroup(body), 'invalidValue').detail).to.contain(detail);
    });
  }
  it('refuses what is no object with invalidSyntax', () => {
    expectError(() => readGroup([]), 'invalidSyntax');
  });
});
