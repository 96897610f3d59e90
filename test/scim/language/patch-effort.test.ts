import { expect } from 'chai';
import { readUser } from '../../../src/scim/input/user.ts';
import { groupChanges } from '../../../src/scim/patch/group.ts';
import { patchUser } from '../../../src/scim/patch/user.ts';
import { expectError } from './expect-error.ts';

const elements = (count: number): { value: string; type: string }[] =>
  Array.from({ length: count }, (_, index) => ({ value: `a${index}@x.io`, type: 'work' }));
const user = (count: number) =>
  readUser({ userName: 'ann', emails: elements(count), roles: elements(Math.min(count, 300)) });
const times = (count: number, operation: (index: number) => object): { Operations: object[] } => ({
  Operations: Array.from({ length: count }, (_, index) => operation(index)),
});

/** A PATCH is worked out while nobody else is served: what would take seconds is refused. */
describe('the effort of a PATCH', () => {
  const comparisons = (count: number): string => Array(count).fill('value eq "q"').join(' or ');

  for (const [what, body] of [
    [
      'long filters over many elements',
      times(100, () => ({ op: 'remove', path: `emails[${comparisons(500)}]` })),
    ],
    [
      'very many operations on many elements',
      times(1000, (index) => ({
        op: 'replace',
        path: `emails[value eq "a${index}@x.io"].display`,
        value: 'x',
      })),
    ],
    [
      'a list of very many to remove',
      times(1, () => ({ op: 'remove', path: 'emails', value: elements(10_000) })),
    ],
    [
      'lists to remove, again and again',
      times(1000, () => ({ op: 'remove', path: 'emails', value: elements(60) })),
    ],
    [
      'adding to many, again and again',
      times(1000, () => ({ op: 'add', path: 'emails', value: elements(30) })),
    ],
    [
      'very many keys that are no paths',
      times(10, (at) => ({
        op: 'add',
        value: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`a[${at}${index}`, 1])),
      })),
    ],
    [
      'very long paths',
      times(1000, () => ({
        op: 'remove',
        path: `emails[${'('.repeat(49)}${comparisons(100)}${')'.repeat(49)}]`,
      })),
    ],
  ] as const) {
    it(`of ${what} is 413`, () => {
      const current = user(1000);
      expectError(() => patchUser(current, body), undefined, 413);
      expect(current.attributes['emails']).to.have.lengthOf(1000);
    });
  }

  for (const [what, body] of [
    [
      'very many operations',
      times(100_000, (index) => ({ op: 'remove', path: `members[value eq "${index}"]` })),
    ],
    [
      'long filters',
      times(200, (at) => ({
        op: 'remove',
        path: `members[${Array.from({ length: 350 }, (_, index) => `value eq "${at}-${index}"`).join(' or ')}]`,
      })),
    ],
  ] as const) {
    it(`on a group, of ${what}, is 413`, () => {
      expectError(() => groupChanges(body), undefined, 413);
    });
  }

  it('is enough for all that identity providers send', () => {
    const removals = times(300, (index) => ({ op: 'remove', path: `roles[value eq "a${index}@x.io"]` }));
    expect(patchUser(user(300), removals).attributes).not.to.have.property('roles');
    const built = times(1000, (index) => ({
      op: 'add',
      path: 'emails',
      value: [{ value: `${index % 50}@x.io` }],
    }));
    expect(patchUser(user(1), built).attributes['emails']).to.have.lengthOf(51);
    const replaced = times(1, () => ({ op: 'replace', path: 'emails', value: elements(1000) }));
    expect(patchUser(user(1000), replaced).attributes['emails']).to.have.lengthOf(1000);
  });

  it('on a group is enough for ten thousand operations, and for a hundred thousand members', () => {
    const uuid = (index: number): string => `01890000-0000-7000-8000-${String(index).padStart(12, '0')}`;
    const removals = times(10_000, (index) => ({ op: 'remove', path: `members[value eq "${uuid(index)}"]` }));
    expect(groupChanges(removals).members.remove).to.have.lengthOf(10_000);
    const value = Array.from({ length: 100_000 }, (_, index) => ({ value: uuid(index) }));
    expect(
      groupChanges(times(1, () => ({ op: 'add', path: 'members', value }))).members.add,
    ).to.have.lengthOf(100_000);
  });

  it('leaves no user larger than a POST may make one', () => {
    const photos = (from: number): object[] =>
      Array.from({ length: 3 }, (_, index) => ({ value: `${from + index}${'x'.repeat(60_000)}` }));
    const current = readUser({ userName: 'ann', photos: photos(0) });
    const more = times(1, () => ({ op: 'add', path: 'photos', value: photos(10) }));
    expectError(() => patchUser(current, more), undefined, 413);
    expectError(() => readUser({ userName: 'ann', photos: [...photos(0), ...photos(10)] }), undefined, 413);
  });
});
