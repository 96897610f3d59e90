import type { HeldWay } from '../../store/access/grant-sources.ts';

const NAMED_AT_MOST = 10;

/**
 * Of what is had by ways that are not changed on the user: by which, as the end of a sentence, and what to do instead.
 * Undefined when it is had by none of them.
 */
export function elsewhere(ways: readonly HeldWay[]): { through: string; remedy: string } | undefined {
  const groups = [...new Set(ways.flatMap(({ group_name }) => group_name ?? []))];
  const isPushed = ways.some(({ source }) => source === 'pushed');
  if (groups.length === 0 && !isPushed) return undefined;
  const more = groups.length > NAMED_AT_MOST ? ` and ${groups.length - NAMED_AT_MOST} more` : '';
  const named = `${groups
    .slice(0, NAMED_AT_MOST)
    .map((name) => `"${name}"`)
    .join(', ')}${more}`;
  const byGroup = `through the ${groups.length === 1 ? 'group' : 'groups'} ${named}`;
  const it = groups.length === 1 ? 'it gives' : 'they give';
  const leave = `take the user out of the ${groups.length === 1 ? 'group' : 'groups'}, or change what ${it}`;
  const atProvider = 'change it at the identity provider';
  if (groups.length === 0) return { through: 'by the identity provider', remedy: `${upper(atProvider)}.` };
  if (!isPushed) return { through: byGroup, remedy: `${upper(leave)}.` };
  return {
    through: `by the identity provider and ${byGroup}`,
    remedy: `${upper(atProvider)}, and ${leave}.`,
  };
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
