import { expect } from 'chai';
import type { GroupChange } from '../../../src/scim/patch/group.ts';
import { groupChanges } from '../../../src/scim/patch/group.ts';
import { CORE_GROUP } from '../../../src/scim/schema/urns.ts';
import type { ScimType } from '../../../src/scim/scim-error.ts';
import { cpuTime } from './cpu-time.ts';
import { expectError } from './expect-error.ts';

const entra = 'Microsoft Learn, use-scim-to-provision-users-and-groups';
const okta = 'Okta developer docs, SCIM 2.0 reference';
const uuid = '5f6f6b6a-3e11-4a53-8a53-c7b4f1c09a3e';

const current = (add: string[], remove: string[] = []): GroupChange => ({
  members: { base: 'current', add, remove },
});
const empty = (add: string[] = []): GroupChange => ({ members: { base: 'empty', add, remove: [] } });
const list = (...ids: string[]): object[] => ids.map((value) => ({ value }));

const table: readonly [source: string, what: string, operations: readonly object[], expected: GroupChange][] =
  [
    [entra, 'no operations', [], current([])],
    [
      'SimpleIdServer#244',
      'Add with $ref: null',
      [{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'a' }] }],
      current(['a']),
    ],
    [
      'SimpleIdServer#244',
      'Remove with a value list',
      [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }] }],
      current([], ['a']),
    ],
    [
      'JumpCloud',
      'remove with a value list of two',
      [{ op: 'remove', path: 'members', value: list('a', 'b') }],
      current([], ['a', 'b']),
    ],
    [entra, 'Remove with an empty list: nobody', [{ op: 'Remove', path: 'members', value: [] }], current([])],
    [
      entra,
      'aadOptscim062020: a member by filter',
      [{ op: 'remove', path: 'members[value eq "a"]' }],
      current([], ['a']),
    ],
    [
      'RFC 7644 3.5.2.2',
      'members by or',
      [{ op: 'remove', path: 'members[value eq "a" or (value eq "b")]' }],
      current([], ['a', 'b']),
    ],
    [
      'RFC 7644 3.5.2.2',
      'members by and',
      [{ op: 'remove', path: 'members[type eq "User" and value eq "a"]' }],
      current([], ['a']),
    ],
    [
      'RFC 7644 3.5.2.2',
      'members of a type that none has',
      [{ op: 'remove', path: 'members[type eq "Group"]' }],
      current([]),
    ],
    [
      'RFC 7644 3.5.2.2',
      'members of the type that all have',
      [{ op: 'remove', path: 'members[type eq "user"]' }],
      empty(),
    ],
    ['RFC 7644 3.5.2.2', 'all members', [{ op: 'remove', path: 'members' }], empty()],
    [
      'SCIM-SDK#757',
      'remove and add in one',
      [
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'add', path: 'members', value: list('b') },
      ],
      current(['b'], ['a']),
    ],
    [
      'SCIM-SDK#757',
      'the same one removed and added',
      [
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'add', path: 'members', value: list('a') },
      ],
      current(['a']),
    ],
    [
      'SCIM-SDK#757',
      'the same one added and removed',
      [
        { op: 'add', path: 'members', value: list('a') },
        { op: 'remove', path: 'members[value eq "a"]' },
      ],
      current([], ['a']),
    ],
    [
      okta,
      'full replace',
      [{ op: 'replace', path: 'members', value: list('a', 'b', 'a') }],
      empty(['a', 'b']),
    ],
    ['jelhub/scimgateway#95', 'replace by []', [{ op: 'replace', path: 'members', value: [] }], empty()],
    [okta, 'replace by null', [{ op: 'replace', path: 'members', value: null }], empty()],
    [
      'jelhub/scimgateway#95',
      'path-less replace',
      [{ op: 'replace', value: { members: list('a') } }],
      empty(['a']),
    ],
    ['RFC 7644 3.5.2.1', 'path-less add', [{ op: 'add', value: { members: list('a') } }], current(['a'])],
    [
      okta,
      'replaced, then changed',
      [
        { op: 'replace', path: 'members', value: list('a', 'b') },
        { op: 'remove', path: 'members', value: list('a') },
        { op: 'add', path: 'members', value: 'c' },
      ],
      empty(['b', 'c']),
    ],
    [
      okta,
      'id and displayName',
      [{ op: 'replace', value: { id: 'x', displayName: 'n' } }],
      { displayName: 'n', ...current([]) },
    ],
    [
      entra,
      'displayName and externalId',
      [
        { op: 'Replace', path: 'displayName', value: 'n' },
        { op: 'Add', path: 'externalId', value: 'E' },
      ],
      { displayName: 'n', externalId: 'E', ...current([]) },
    ],
    [
      okta,
      'display: null, meta, schemas',
      [{ op: 'replace', value: { display: null, meta: {}, schemas: ['x'] } }],
      current([]),
    ],
    [
      'RFC 7644 3.5.2.2',
      'externalId removed',
      [{ op: 'remove', path: 'externalId' }],
      { externalId: null, ...current([]) },
    ],
    [
      'RFC 7643 2.5',
      'externalId by null',
      [{ op: 'replace', value: { externalId: null } }],
      { externalId: null, ...current([]) },
    ],
    [
      'RFC 7644 3.10',
      'a qualified path',
      [{ op: 'add', path: `${CORE_GROUP}:members`, value: list('a') }],
      current(['a']),
    ],
    [
      'contract 4',
      'UUIDs in capitals',
      [
        { op: 'add', path: 'members', value: list(uuid) },
        { op: 'remove', path: `members[value eq "${uuid.toUpperCase()}"]` },
      ],
      current([], [uuid]),
    ],
  ];

describe('groupChanges: RFC 7644 section 3.5.2', () => {
  for (const [source, what, Operations, expected] of table) {
    it(`${what} (${source})`, () => {
      expect(groupChanges({ Operations })).to.deep.equal(expected);
    });
  }

  const refused: readonly [what: string, operation: object, scimType: ScimType][] = [
    ['an unknown path', { op: 'add', path: 'owners', value: 'x' }, 'invalidPath'],
    ['remove without a path', { op: 'remove', value: { members: list('a') } }, 'noTarget'],
    ['remove of displayName', { op: 'remove', path: 'displayName' }, 'mutability'],
    ['a displayName of nothing', { op: 'replace', path: 'displayName', value: '' }, 'invalidValue'],
    ['a displayName that is a number', { op: 'replace', value: { displayName: 1 } }, 'invalidValue'],
    ['id', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [
      'a change of a member',
      { op: 'replace', path: 'members[value eq "a"].value', value: 'b' },
      'mutability',
    ],
    [
      'a replacement of a member',
      { op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } },
      'mutability',
    ],
    ['the display of members', { op: 'remove', path: 'members.display' }, 'mutability'],
    ['members by another operator', { op: 'remove', path: 'members[value sw "a"]' }, 'invalidFilter'],
    ['members by not', { op: 'remove', path: 'members[not (value eq "a")]' }, 'invalidFilter'],
    ['members by their name', { op: 'remove', path: 'members[display eq "A"]' }, 'invalidFilter'],
    [
      'a nested group',
      { op: 'add', path: 'members', value: [{ value: 'g', type: 'Group' }] },
      'invalidValue',
    ],
    ['a member without a value', { op: 'add', path: 'members', value: [{}] }, 'invalidValue'],
    ['a number for a member', { op: 'replace', path: 'members', value: 1 }, 'invalidValue'],
  ];
  for (const [what, operation, scimType] of refused) {
    it(`refuses ${what} with ${scimType}`, () => {
      expectError(() => groupChanges({ Operations: [operation] }), scimType);
    });
  }

  it('folds ten thousand operations quickly', () => {
    const Operations = Array.from({ length: 10_000 }, (_, n) => ({
      op: 'remove',
      path: `members[value eq "u${n}"]`,
    }));
    const time = cpuTime(() => {
      expect(groupChanges({ Operations }).members.remove).to.have.length(10_000);
    });
    expect(time).to.be.lessThan(1000);
  });
});
