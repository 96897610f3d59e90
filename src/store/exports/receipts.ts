import sql, { empty } from 'sql-template-tag';
import type { EventId } from '../../lib/ids.ts';
import { type AuditEventRow, type AuditPosition, EVENT_COLUMNS, pageOfEvents } from '../audit/events.ts';
import { row } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import type { PageRows } from '../sql/sized-page.ts';

const RECEIPTS = sql`e.target_kind = 'export' and e.action in ('export.created', 'export.interrupted')`;

/** The events of exports, the newest first, of all or of files with a hash: a page that ends at a number or a size. */
export function listReceipts(
  scope: PoolScope,
  asked: {
    readonly sha256: string | undefined;
    readonly from: Date | undefined;
    readonly to: Date | undefined;
  },
  page: { readonly limit: number; readonly after?: AuditPosition | undefined },
): Promise<PageRows<AuditEventRow>> {
  const { sha256, from, to } = asked;
  const listed = sql`select e.id from audit_events e
    where e.workspace_id = ${scope.workspaceId} and ${RECEIPTS}
      ${sha256 ? sql`and e.after ->> 'sha256' = ${sha256}` : empty}
      ${from ? sql`and e.at >= ${from}` : empty} ${to ? sql`and e.at < ${to}` : empty}
      ${page.after ? sql`and (e.at, e.id) < (${page.after.at}, ${page.after.id}::uuid)` : empty}
    order by e.at desc, e.id desc limit ${page.limit + 1}`;
  return pageOfEvents(scope, listed, page.limit);
}

/** The event of one export. */
export function findReceipt(scope: PoolScope, id: EventId): Promise<AuditEventRow | undefined> {
  return row<AuditEventRow>(
    scope,
    sql`select ${EVENT_COLUMNS} from audit_events e
      where e.workspace_id = ${scope.workspaceId} and e.id = ${id} and ${RECEIPTS}`,
  );
}
