import { check } from './check.ts';
import type { Made, Tester } from './requirement.ts';
import { at, shown } from './values.ts';

/** A user with a nickName, a title, a name and an email. */
export function fullUser(t: Tester): Promise<Made> {
  return t.user({
    nickName: 'Babs',
    title: 'Tour Guide',
    name: { givenName: 'Barbara', familyName: 'Jensen' },
    emails: [{ value: `${t.unique()}@example.com`, type: 'work', primary: true }],
  });
}

/** Fails when the answer shows what stands at the path. */
export function lacks(value: unknown, ...path: readonly (string | number)[]): void {
  const found = at(value, ...path);
  check(found === undefined, `${path.join('.')} is shown: ${shown(found)}`);
}

/** Fails when the answer does not show what stands at the path. */
export function has(value: unknown, ...path: readonly (string | number)[]): void {
  check(at(value, ...path) !== undefined, `${path.join('.')} is not shown`);
}
