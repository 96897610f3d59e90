import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, UserId } from '../../lib/ids.ts';
import { preparedRows } from '../db/prepared.ts';
import type { PoolScope, WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';
import type { PageRows } from '../sql/sized-page.ts';
import { jsonBytes, pageByBytes } from '../sql/sized-page.ts';

/** One audit event as a row. `before` and `after` hold what changed, and only that; never a secret. */
export interface AuditEventRow {
  readonly id: EventId;
  readonly at: Date;
  readonly actor_kind: 'token' | 'invitee' | 'system';
  readonly actor_id: string | null;
  readonly actor_name: string;
  readonly actor_scope: string | null;
  readonly request_id: string;
  readonly action: string;
  readonly target_kind: string;
  readonly target_id: string;
  readonly target_name: string | null;
  readonly related_id: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** Everything of an event but what all events of one change share. */
export type NewEvent = Pick<
  AuditEventRow,
  'id' | 'action' | 'target_kind' | 'target_id' | 'target_name' | 'related_id' | 'before' | 'after'
>;

/** What all events of one change share. */
export type EventOrigin = Pick<
  AuditEventRow,
  'at' | 'actor_kind' | 'actor_id' | 'actor_name' | 'actor_scope' | 'request_id'
>;

/** Appends the events of one change, in one statement; none of them unless the user `onlyIfUser` exists, if one is given. */
export async function appendEvents(
  scope: WriteScope,
  origin: EventOrigin,
  events: readonly NewEvent[],
  onlyIfUser?: UserId,
): Promise<void> {
  const [only, ...others] = events;
  const isOne = only !== undefined && others.length === 0;
  await preparedRows(
    scope,
    isOne ? 'append_event' : 'append_events',
    sql`insert into audit_events (workspace_id, at, actor_kind, actor_id, actor_name, actor_scope, request_id,
        id, action, target_kind, target_id, target_name, related_id, before, after)
      select ${scope.workspaceId}::uuid, ${origin.at}::timestamptz, ${origin.actor_kind}, ${origin.actor_id}::uuid,
        ${origin.actor_name}, ${origin.actor_scope}, ${origin.request_id}, ${isOne ? valuesOf(only) : eachOf(events)}
      where ${onlyIfUser ?? null}::uuid is null or exists (
        select from users where workspace_id = ${unestimated(scope.workspaceId)} and id = ${onlyIfUser ?? null}::uuid)`,
  );
}

/** Nearly every change has one event, for which to read a list takes longer than to write it. */
function valuesOf(event: NewEvent): Sql {
  return sql`${event.id}::uuid, ${event.action}, ${event.target_kind}, ${event.target_id}, ${event.target_name},
    ${event.related_id}, ${jsonOf(event.before)}::jsonb, ${jsonOf(event.after)}::jsonb`;
}

function jsonOf(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

function eachOf(events: readonly NewEvent[]): Sql {
  return sql`e.id, e.action, e.target_kind, e.target_id, e.target_name, e.related_id, e.before, e.after
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as e(id uuid, action text, target_kind text,
      target_id text, target_name text, related_id text, before jsonb, after jsonb)`;
}

/** What GET /audit filters by; `target` matches the target or the other one concerned. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** A place in the list of events, newest first. */
export interface AuditPosition {
  readonly at: Date;
  readonly id: string;
}

/** The newest events first after a position: a page that ends at `limit` of them, or at a size. */
export function listEvents(
  scope: PoolScope,
  filter: AuditFilter,
  page: { limit: number; after?: AuditPosition | undefined },
): Promise<PageRows<AuditEventRow>> {
  const after = page.after ? sql`and (e.at, e.id) < (${page.after.at}, ${page.after.id}::uuid)` : empty;
  const listed = sql`select e.id from audit_events e
    where e.workspace_id = ${scope.workspaceId} ${matching(filter)} ${after}
    order by e.at desc, e.id desc limit ${page.limit + 1}`;
  return pageOfEvents(scope, listed, page.limit);
}

/** The events whose ids a query lists, in its order: a page that ends at `limit` of them, or at a size. */
export function pageOfEvents(scope: PoolScope, listed: Sql, limit: number): Promise<PageRows<AuditEventRow>> {
  const row = sql`select ${EVENT_COLUMNS} from audit_events e where e.workspace_id = ${scope.workspaceId} and e.id = one.id`;
  const bytes = (column: Sql) => sql`coalesce(${jsonBytes(column)}, 0)`;
  const size = sql`${bytes(sql`shown.before`)} + ${bytes(sql`shown.after`)}`;
  return pageByBytes(scope, { listed, row, size }, limit);
}

/** The columns of an event, `e`, but for its time. */
export const EVENT_FIELDS = sql`e.id, e.actor_kind, e.actor_id, e.actor_name, e.actor_scope, e.request_id, e.action,
  e.target_kind, e.target_id, e.target_name, e.related_id, e.before, e.after`;

/** All columns of an event, `e`. */
export const EVENT_COLUMNS = sql`${EVENT_FIELDS}, e.at`;

/** Bytes of the values of an event, `e`, as they are stored: known without reading them, and often compressed. */
export const STORED_BYTES = sql`(coalesce(pg_column_size(e.before), 0) + coalesce(pg_column_size(e.after), 0))`;

function matching(filter: AuditFilter): Sql {
  const { actor, action, target, from, to } = filter;
  return sql`
    ${actor ? sql`and (e.actor_name = ${actor} or e.actor_id::text = ${actor})` : empty}
    ${action ? sql`and e.action = ${action}` : empty}
    ${target ? sql`and (e.target_id = ${target} or e.related_id = ${target} or e.target_name = ${target})` : empty}
    ${from ? sql`and e.at >= ${from}` : empty}
    ${to ? sql`and e.at < ${to}` : empty}`;
}
