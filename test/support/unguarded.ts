import type { WorkspaceId } from '../../src/lib/ids.ts';
import type { Tx } from '../../src/store/db/pool.ts';
import type { WriteScope } from '../../src/store/db/scope.ts';

/** A scope to write access with outside a change: nothing is checked before COMMIT. */
export function unguarded(db: Tx, workspaceId: WorkspaceId): WriteScope {
  const ignore = (): void => undefined;
  const access = {
    assertGuarded: ignore,
    noteDeactivated: ignore,
    noteOwnershipEnded: ignore,
    noteRolesChanged: ignore,
  };
  return { db, workspaceId, access };
}
