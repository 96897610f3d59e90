import sql, { empty } from 'sql-template-tag';
import type { EventId } from '../../lib/ids.ts';
import type { PoolScope } from '../db/scope.ts';
import { stream } from '../db/snapshot.ts';
import { type AuditEventRow, EVENT_COLUMNS } from './events.ts';

/** A stretch of time: `from` is in it, `to` isn't; undefined for no bound. */
export interface Period {
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

/** The events of a time in their order, in batches and constant memory. */
export function streamEvents(
  scope: PoolScope,
  { from, to }: Period,
): AsyncGenerator<readonly AuditEventRow[]> {
  return stream<AuditEventRow>(
    scope,
    sql`select ${EVENT_COLUMNS} from audit_events e where e.workspace_id = ${scope.workspaceId}
        ${from ? sql`and e.at >= ${from}` : empty} ${to ? sql`and e.at < ${to}` : empty}
      order by e.at, e.id`,
  );
}

/** The events that are in no seal up to a place: those that wait, and what was sealed since. */
export function streamUnsealed(scope: PoolScope, last: number): AsyncGenerator<readonly AuditEventRow[]> {
  return stream<AuditEventRow & { id: EventId }>(
    scope,
    sql`select ${EVENT_COLUMNS} from audit_events e where e.workspace_id = ${scope.workspaceId} and e.id in (
        select event_id from audit_unsealed where workspace_id = ${scope.workspaceId}
        union all select event_id from audit_seals where workspace_id = ${scope.workspaceId} and seq > ${last})
      order by e.at, e.id`,
  );
}
