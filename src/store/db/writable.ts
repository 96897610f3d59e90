import sql from 'sql-template-tag';
import type { Db } from './pool.ts';
import { rows } from './query.ts';
import { acrossWorkspaces } from './scope.ts';

/**
 * Whether the database can write: to the disk, where a sort that does not fit into memory goes, and at all. Leaves nothing
 * behind. Throws what any query throws, but not for a full disk.
 */
export async function writability(db: Db): Promise<'writable' | 'disk full' | 'read-only'> {
  try {
    const [found] = await rows<{ read_only: boolean }>(
      acrossWorkspaces(db),
      sql`with setting as materialized (select set_config('work_mem', '64kB', true) as memory)
        select current_setting('transaction_read_only') = 'on' as read_only,
          (select count(*) from generate_series(1, 40000 + 0 * length(memory))) as written
        from setting`,
    );
    return found?.read_only === true ? 'read-only' : 'writable';
  } catch (error) {
    if (isDiskFull(error)) return 'disk full';
    throw error;
  }
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as { readonly code?: unknown }).code === '53100' || isDiskFull(error.cause);
}
