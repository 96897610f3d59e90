import type { FrozenRow } from './read.ts';

/** What the identity provider's admin is to do, in a sentence. */
export function taskOf(row: FrozenRow): string {
  const who =
    row.email === null || row.email === row.user_name ? row.user_name : `${row.user_name} (${row.email})`;
  const person = row.full_name === row.user_name ? who : `${row.full_name}, ${who},`;
  if (row.group_name !== null) {
    return `Remove ${person} from the group "${row.group_name}" in your identity provider.`;
  }
  return `Take ${saidThing(row)} away from ${person.replace(/,$/, '')} in your identity provider, which pushes it.`;
}

/** What a row is about: `the role tester in the project mobile`. */
function saidThing({ kind, target, level }: FrozenRow): string {
  if (kind === 'account_role') return `the account role ${level}`;
  if (kind === 'project_role') return `the role ${level} in the project ${target}`;
  return `the license ${level} of the product ${target}`;
}
