import { isLockTimeout } from '../../store/db/errors.ts';
import { EXCLUSIVE_CHANGE, LOCK_PATIENCE_MS, SHARED_CHANGE } from '../../store/db/limits.ts';
import { scopeOf, type WriteScope } from '../../store/db/scope.ts';
import { inTransaction, pauseForLock } from '../../store/db/transaction.ts';
import { takeTurn } from '../../store/db/turns.ts';
import { isWorkspaceHeld } from '../../store/db/workspace-lock.ts';
import type { Context } from '../context/context.ts';

/**
 * Runs a transaction that changes a workspace once its turn has come, which is waited for without a connection. One that
 * meets a row of another's gives its turn to the next meanwhile; when the whole workspace is held, nobody else would get
 * on either, so it keeps its turn and the others wait behind it (docs/adr/0015).
 */
export async function inTurn<T>(
  ctx: Context,
  as: 'shared' | 'exclusive',
  body: (scope: WriteScope) => Promise<T>,
  options: { readonly isEager?: boolean } = {},
): Promise<T> {
  const isExclusive = as === 'exclusive';
  const limits = isExclusive ? EXCLUSIVE_CHANGE : SHARED_CHANGE;
  const begun = performance.now();
  for (let attempt = 1; ; attempt++) {
    const endTurn = await takeTurn(ctx.core.db, ctx.caller.workspaceId, isExclusive);
    try {
      return await inTransaction(ctx.core.db, (tx) => body(scopeOf(tx, ctx.caller.workspaceId)), {
        ...options,
        limits,
        waitsFor: isWorkspaceHeld,
      });
    } catch (error) {
      if (!isLockTimeout(error) || performance.now() - begun > LOCK_PATIENCE_MS) throw error;
    } finally {
      endTurn();
    }
    await pauseForLock(ctx.core.db, attempt);
  }
}
