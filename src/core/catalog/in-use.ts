import { RollcallError } from '../../lib/errors.ts';

/**
 * Throws `refused` when something that is to be deleted is in use, saying by what and how many. `uses` are counts with
 * what is counted in singular and plural; `remedy` says what to do.
 */
export function refuseInUse(
  what: string,
  uses: readonly (readonly [count: number, one: string, many: string])[],
  remedy: string,
): void {
  const said = uses
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  if (said.length === 0) return;
  throw new RollcallError('refused', `${what} is in use by ${listed(said)}. ${remedy}`);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}
