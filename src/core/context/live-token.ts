import { RollcallError } from '../../lib/errors.ts';
import type { Db } from '../../store/db/pool.ts';
import { scopeOf } from '../../store/db/scope.ts';
import { isLiveToken } from '../../store/workspaces/tokens.ts';
import { sharedAnswers } from '../shared/single-flight.ts';
import type { Context } from './context.ts';

/** A request that was under way for longer than this asks for its token again before it hands out what it read. */
const RECENT_MS = 1_000;

/** The error of a request whose token ended while it was under way. */
export function tokenEnded(): RollcallError {
  return new RollcallError(
    'unauthenticated',
    'This token was revoked or has expired while the request was under way.',
  );
}

const questions = new WeakMap<Db, ReturnType<typeof sharedAnswers<boolean>>>();

/**
 * Asks the database whether the caller's token is still live: before each part of what takes long. A change asks by
 * itself when it begins. Throws `unauthenticated` and `busy`.
 */
export async function assertTokenLive(ctx: Context): Promise<void> {
  if (!ctx.caller.credential) return;
  const { workspaceId, tokenId } = ctx.caller.credential;
  let ask = questions.get(ctx.core.db);
  if (!ask) questions.set(ctx.core.db, (ask = sharedAnswers()));
  if (!(await ask(tokenId, () => isLiveToken(scopeOf(ctx.core.db, workspaceId), tokenId))))
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
 * Reads, and hands out what was read only while the token is live: a read may have waited for its turn, or run for
 * long. Throws `unauthenticated`, `busy`, and what `read` throws.
 */
export async function whileTokenLive<T>(ctx: Context, read: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const result = await read();
  if (Date.now() - began > RECENT_MS) await assertTokenLive(ctx);
  return result;
}
