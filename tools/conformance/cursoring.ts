import { check, listed } from './check.ts';
import type { Reply } from './exchange.ts';
import { people, search } from './people.ts';
import type { Tester } from './requirement.ts';
import { at, isUnassigned, shown } from './values.ts';

/** The pages of the four users, from the first to the last. */
export async function walk(
  t: Tester,
  count: number,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly Reply[]> {
  const { among } = await people(t);
  const found: Reply[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    check(found.length < 10, 'ten pages, and there is still a nextCursor', found.at(-1));
    const reply: Reply = await search(t, among, { cursor, count, ...query });
    listed(reply);
    found.push(reply);
    cursor = nextOf(reply);
  }
  return found;
}

/** The cursor of the next page, if there is one. */
export function nextOf(reply: Reply): string | undefined {
  const next = at(reply.body, 'nextCursor');
  check(
    isUnassigned(next) || (typeof next === 'string' && next !== ''),
    `"nextCursor" is ${shown(next)}`,
    reply,
  );
  return typeof next === 'string' ? next : undefined;
}
