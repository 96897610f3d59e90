import { isLockTimeout } from '../../store/db/errors.ts';
import { EXCLUSIVE_CHANGE, LOCK_PATIENCE_MS, SHARED_CHANGE } from '../../store/db/limits.ts';
import { scopeOf, type WriteScope } from '../../store/db/scope.ts';
import { inTransaction, pauseForLock } from '../../store/db/transaction.ts';
import { takeTurn } from '../../store/db/turns.ts';
import { isWorkspaceHeld } from '../../store/db/workspace-lock.ts';
import type { Context } from '../context/context.ts';

/**
 * Runs a transaction that changes a workspace once it reaches the head of the queue, where it waits without a
 * connection. When it meets a locked row it lets the next one run meanwhile; when the whole workspace is locked, nobody
 * could proceed, so it keeps its place (docs/adr/0015).
 */
export async function runInTurn<T>(
  ctx: Context,
  as: 'shared' | 'exclusive',
  body: (scope: WriteScope) => Promise<T>,
  options: { readonly isEager?: boolean } = {},
): Promise<T> {
  const isExclusive = as === 'exclusive';
  const limits = isExclusive ? EXCLUSIVE_CHANGE : SHARED_CHANGE;
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt++) {
    const endTurn = await takeTurn(ctx.core.db, ctx.caller.workspaceId, isExclusive);
    try {
      return await inTransaction(ctx.core.db, (tx) => body(scopeOf(tx, ctx.caller.workspaceId)), {
        ...options,
        limits,
        waitsFor: isWorkspaceHeld,
      });
    } catch (error) {
      if (!isLockTimeout(error) || performance.now() - startedAt > LOCK_PATIENCE_MS) throw error;
    } finally {
      endTurn();
    }
    await pauseForLock(ctx.core.db, attempt);
  }
}
