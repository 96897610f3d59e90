import sql, { empty, type Sql } from 'sql-template-tag';
import type { ProductId, ProjectId, ReviewId } from '../../lib/ids.ts';
import { effective } from '../access/effective.ts';
import { row, rows } from '../db/query.ts';
import type { Scope, WriteScope } from '../db/scope.ts';

/** What a review is of: one product, one project, or with neither the whole workspace. */
interface Subject {
  readonly productId: ProductId | null;
  readonly projectId: ProjectId | null;
}

const COLUMNS = sql`position, user_id, kind, target, level, project_id, role_id, license, license_id, rank, source,
  group_id, origin, rule, granted_at, since_event`;

/**
 * Writes the effective access of this moment down as the rows of a review, numbered in the order of the access export;
 * answers how many. One statement in the database: the list is nowhere else. Nobody may change access meanwhile.
 */
export async function freezeAccess(scope: WriteScope, reviewId: ReviewId, subject: Subject): Promise<number> {
  // Everybody's rows are sorted once; compiling the query takes longer than running it.
  await rows(
    scope,
    sql`select set_config('jit', 'off', true), set_config('work_mem',
      greatest(pg_size_bytes(current_setting('work_mem')), 67108864) / 1024 || 'kB', true)`,
  );
  const things = thingsOf(scope, subject);
  const asked = { asOf: 'now', only: undefined, activeOnly: true, things } as const;
  const frozen = await row<{ count: number }>(
    scope,
    sql`with frozen as (
        insert into review_rows (workspace_id, review_id, number, user_id, kind, account_role, project_id, role_id,
          license_id, source, group_id, origin, rule, granted_at, granted_event)
        select ${scope.workspaceId}, ${reviewId}, row_number() over (), user_id, kind,
          case when kind = 'account_role' then level end, project_id, role_id, license_id, source, group_id, origin,
          rule, granted_at, since_event
        from (${effective(scope.workspaceId, asked, COLUMNS)}) access
        ${subject.projectId ? sql`where kind = 'project_role'` : empty}
        returning 1)
      select count(*) as count from frozen`,
  );
  return (frozen as { count: number }).count;
}

/** What of the grants `h` competes for the scope: account roles decide whether project roles count. */
function thingsOf(scope: Scope, { productId, projectId }: Subject): Sql | undefined {
  if (projectId) return sql`(h.project_id = ${projectId} or h.kind = 'account_role')`;
  if (!productId) return undefined;
  return sql`h.license_id in (
    select id from licenses where workspace_id = ${scope.workspaceId} and product_id = ${productId})`;
}
