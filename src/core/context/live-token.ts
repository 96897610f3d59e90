import { RollcallError } from '../../lib/errors.ts';
import type { Db } from '../../store/db/pool.ts';
import { scopeOf } from '../../store/db/scope.ts';
import { isLiveToken } from '../../store/workspaces/tokens.ts';
import { createSingleFlight } from '../shared/single-flight.ts';
import type { Context } from './context.ts';

/** A read that took longer than this checks its token again before returning the result. */
const RECENT_MS = 1_000;

/** The error of a request whose token ended during the request. */
export function tokenEnded(): RollcallError {
  return new RollcallError(
    'unauthenticated',
    'This token was revoked or expired while the request was being processed. Use a valid token and repeat the request.',
  );
}

const lookups = new WeakMap<Db, ReturnType<typeof createSingleFlight<boolean>>>();

/**
 * Checks in the database that the caller's token is still live; call it before each part of long work. A change checks
 * by itself when it begins. Throws `unauthenticated` and `busy`.
 */
export async function assertTokenLive(ctx: Context): Promise<void> {
  if (!ctx.caller.credential) return;
  const { workspaceId, tokenId } = ctx.caller.credential;
  let lookUp = lookups.get(ctx.core.db);
  if (!lookUp) lookups.set(ctx.core.db, (lookUp = createSingleFlight()));
  if (!(await lookUp(tokenId, () => isLiveToken(scopeOf(ctx.core.db, workspaceId), tokenId))))
    throw tokenEnded();
}

/** Parts of what takes long, each handed out only while the token is live. Throws `unauthenticated` and `busy`. */
export async function* partsWhileTokenLive<T>(ctx: Context, parts: AsyncIterable<T>): AsyncGenerator<T> {
  let asked = Date.now();
  for await (const part of parts) {
    if (Date.now() - asked > RECENT_MS) {
      await assertTokenLive(ctx);
      asked = Date.now();
    }
    yield part;
  }
}

/**
 * Reads, and returns the result only while the token is live, since a read may wait in a queue or run for long. Throws
 * `unauthenticated`, `busy`, and what `read` throws.
 */
export async function whileTokenLive<T>(ctx: Context, read: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const result = await read();
  if (Date.now() - startedAt > RECENT_MS) await assertTokenLive(ctx);
  return result;
}
