import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, WorkspaceId } from '../../lib/ids.ts';
import type { Db } from '../db/pool.ts';
import { row, rows } from '../db/query.ts';
import { acrossWorkspaces, type PoolScope, type Scope, type WriteScope } from '../db/scope.ts';
import { stream } from '../db/snapshot.ts';
import { readArriving } from '../db/streamed-rows.ts';
import { firstBytes } from '../sql/bytes.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { type AuditEventRow, EVENT_COLUMNS, EVENT_FIELDS, STORED_BYTES } from './events.ts';

/** A seal as a row; bytes are hexadecimal. */
export interface SealRow {
  readonly seq: number;
  readonly event_id: EventId;
  readonly sealed_at: Date;
  readonly actor_salt: string | null;
  readonly actor_commitment: string | null;
  readonly subject_salt: string | null;
  readonly subject_commitment: string | null;
  readonly event_hash: string;
  readonly hash: string;
  /** Base64. */
  readonly signature: string | null;
  readonly key_id: string | null;
}

/** A row as JSON: times are ISO 8601 in UTC with milliseconds. */
type Told<Row> = { readonly [Field in keyof Row]: Row[Field] extends Date ? string : Row[Field] };

/** A seal beside its event, whose fields are null when it is gone. */
export type SealedRow = Told<SealRow> & (Told<AuditEventRow> | { readonly id: null });

const SEAL_FIELDS = sql`s.seq, s.event_id, encode(s.actor_salt, 'hex') as actor_salt,
  encode(s.actor_commitment, 'hex') as actor_commitment, encode(s.subject_salt, 'hex') as subject_salt,
  encode(s.subject_commitment, 'hex') as subject_commitment,
  encode(s.event_hash, 'hex') as event_hash, encode(s.hash, 'hex') as hash,
  translate(encode(s.signature, 'base64'), E'\\n', '') as signature, s.key_id`;

const SEAL_COLUMNS = sql`${SEAL_FIELDS}, s.sealed_at`;

/** The second of our advisory locks: sealing a workspace's events. */
const SEALING = 0x5365616c;

/** The workspaces in which events wait to be sealed. */
export async function workspacesToSeal(db: Db): Promise<WorkspaceId[]> {
  const found = await rows<{ id: WorkspaceId }>(
    acrossWorkspaces(db),
    sql`select w.id from workspaces w where exists (select from audit_unsealed q where q.workspace_id = w.id)`,
  );
  return found.map(({ id }) => id);
}

/**
 * Takes the right to seal a workspace's events until the transaction ends, and answers the time; undefined while
 * another instance has it.
 */
export async function beginSealing(scope: WriteScope): Promise<Date | undefined> {
  const found = await row<{ taken: boolean; now: Date }>(
    scope,
    sql`select pg_try_advisory_xact_lock(${SEALING}, hashtext(${scope.workspaceId})) as taken,
      clock_timestamp()::timestamptz(3) as now`,
  );
  return found?.taken === true ? found.now : undefined;
}

/** Holds off sealing a workspace's events until the transaction ends; waits for a batch that is being sealed. */
export async function holdSealing(scope: WriteScope): Promise<void> {
  await rows(scope, sql`select pg_advisory_xact_lock(${SEALING}, hashtext(${scope.workspaceId}))`);
}

/** The newest seal of a workspace. */
export function lastSeal(scope: Scope): Promise<SealRow | undefined> {
  return row<SealRow>(
    scope,
    sql`select ${SEAL_COLUMNS} from audit_seals s where s.workspace_id = ${scope.workspaceId} order by s.seq desc limit 1`,
  );
}

/** A place in the queue. */
export interface QueuePosition {
  readonly at: Date;
  readonly event_id: EventId;
}

/**
 * The oldest of what waits to be sealed, after a place: at most `limit`, of at most `bytes` as they are stored, but one at
 * least. One that commits later, with an earlier time, is taken later. `more` is false at the end of the queue.
 */
export async function waiting(
  scope: WriteScope,
  after: QueuePosition | undefined,
  { limit, bytes }: { readonly limit: number; readonly bytes: number },
): Promise<{ readonly places: QueuePosition[]; readonly more: boolean }> {
  const found = await rows<QueuePosition & { readonly bytes: number }>(
    scope,
    sql`select q.at, q.event_id, (select ${STORED_BYTES} from audit_events e
          where e.workspace_id = ${unestimated(scope.workspaceId)} and e.id = q.event_id) as bytes
        from audit_unsealed q where q.workspace_id = ${scope.workspaceId}
        ${after ? sql`and (q.at, q.event_id) > (${after.at}, ${after.event_id}::uuid)` : empty}
      order by q.at, q.event_id limit ${limit}`,
  );
  const places = firstBytes(found, bytes);
  return { places, more: found.length === limit || places.length < found.length };
}

/**
 * Takes events out of the queue, in batches that end by rows and by bytes. What names no event, or one that is sealed,
 * was not put in by the trigger; it stays, and is not answered.
 */
export function takeUnsealed(
  scope: WriteScope,
  places: readonly QueuePosition[],
): AsyncGenerator<readonly AuditEventRow[]> {
  const times = places.map(({ at }) => at);
  const ids = places.map(({ event_id: id }) => id);
  return readArriving<AuditEventRow>(
    scope.db,
    sql`with taken as (
        delete from audit_unsealed q using unnest(${times}::timestamptz[], ${ids}::uuid[]) as place(at, id)
        where q.workspace_id = ${scope.workspaceId} and q.at = place.at and q.event_id = place.id
          and exists (select from audit_events e where e.workspace_id = ${scope.workspaceId} and e.id = place.id)
          and not exists (
            select from audit_seals s where s.workspace_id = ${scope.workspaceId} and s.event_id = place.id)
        returning q.event_id)
      select ${EVENT_COLUMNS} from taken
      join audit_events e on e.workspace_id = ${scope.workspaceId} and e.id = taken.event_id
      order by e.at, e.id`,
  );
}

/** Writes seals. */
export async function insertSeals(
  scope: WriteScope,
  seals: readonly Omit<SealRow, 'actor_commitment' | 'subject_commitment'>[],
): Promise<void> {
  await rows(
    scope,
    sql`insert into audit_seals
        (workspace_id, seq, event_id, sealed_at, actor_salt, subject_salt, event_hash, hash, signature, key_id)
      select ${scope.workspaceId}, s.seq, s.event_id, s.sealed_at, decode(s.actor_salt, 'hex'), decode(s.subject_salt, 'hex'), decode(s.event_hash, 'hex'),
        decode(s.hash, 'hex'), decode(s.signature, 'base64'), s.key_id
      from jsonb_to_recordset(${JSON.stringify(seals)}::jsonb) as s(seq bigint, event_id uuid,
        sealed_at timestamptz, actor_salt text, subject_salt text, event_hash text, hash text, signature text, key_id text)`,
  );
}

/** How many events there are, up to where they are sealed, and the first of those that fit nowhere. */
export interface AuditState {
  readonly events: number;
  readonly sealed: number;
  readonly last: number;
  /** Neither sealed nor waiting for it. */
  readonly stray: EventId | null;
  /** Waiting to be sealed, and gone. */
  readonly missing: EventId | null;
}

/** Looks at all events of a workspace at one moment. */
export async function auditState(scope: PoolScope): Promise<AuditState> {
  const queued = sql`select from audit_unsealed q where q.workspace_id = ${scope.workspaceId} and q.event_id = e.id`;
  const found = await row<AuditState>(
    scope,
    sql`select
      (select count(*) from audit_events where workspace_id = ${scope.workspaceId}) as events,
      (select count(*) from audit_seals where workspace_id = ${scope.workspaceId}) as sealed,
      (select coalesce(max(seq), 0) from audit_seals where workspace_id = ${scope.workspaceId}) as last,
      (select e.id from audit_events e where e.workspace_id = ${scope.workspaceId}
        and not exists (select from audit_seals s where s.workspace_id = ${scope.workspaceId} and s.event_id = e.id)
        and not exists (${queued}) order by e.at, e.id limit 1) as stray,
      (select q.event_id from audit_unsealed q where q.workspace_id = ${scope.workspaceId}
        and not exists (select from audit_events e where e.workspace_id = ${scope.workspaceId} and e.id = q.event_id)
        order by q.at, q.event_id limit 1) as missing`,
  );
  return found as AuditState;
}

/** At this many seals a page its events are found one by one through their index, and no snapshot is kept for long. */
const PAGE = 2_000;

/**
 * The seals of a workspace in their order up to a place, each with its event, in batches that end by rows and by bytes.
 * Seals are only ever added, so pages need no common snapshot.
 */
export async function* sealedEvents(scope: PoolScope, last: number): AsyncGenerator<readonly SealedRow[]> {
  for (let after = 0; after < last;) {
    const from = after;
    const page = sql`select * from audit_seals where workspace_id = ${scope.workspaceId} and seq > ${from} and seq <= ${last}
      order by seq limit ${PAGE}`;
    for await (const batch of stream<{ told: SealedRow }>(scope, withEvents(scope.workspaceId, page))) {
      const sealed = batch.map(({ told }) => told);
      after = (sealed.at(-1) as SealedRow).seq;
      yield sealed;
    }
    if (after === from) return;
  }
}

/** The seals of some events, each with its event, in batches that end by rows and by bytes. */
export async function* sealsOf(
  scope: WriteScope,
  eventIds: readonly EventId[],
): AsyncGenerator<readonly SealedRow[]> {
  const seals = sql`select * from audit_seals where workspace_id = ${scope.workspaceId} and event_id = any(${eventIds}::uuid[])`;
  for await (const batch of readArriving<{ told: SealedRow }>(scope.db, withEvents(scope.workspaceId, seals)))
    yield batch.map(({ told }) => told);
}

/** Seals with their events, each as one JSON value: to read a million rows column by column takes twice as long. */
function withEvents(workspaceId: WorkspaceId, seals: Sql): Sql {
  return sql`select row_to_json(told) as told from (
      select ${SEAL_FIELDS}, ${iso(sql`s.sealed_at`)} as sealed_at, ${EVENT_FIELDS}, ${iso(sql`e.at`)} as at
      from (${seals}) s
      left join audit_events e on e.workspace_id = ${workspaceId} and e.id = s.event_id order by s.seq) told`;
}

/** Those of some users of whom an event tells that they were erased, sealed or not. */
export async function erasuresTold(scope: PoolScope, userIds: readonly string[]): Promise<string[]> {
  const found = await rows<{ target_id: string }>(
    scope,
    sql`select distinct target_id from audit_events where workspace_id = ${scope.workspaceId}
        and target_id = any(${userIds}::text[]) and target_kind = 'user' and action = 'user.erased'`,
  );
  return found.map((one) => one.target_id);
}

function iso(at: Sql): Sql {
  return sql`to_char(${at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
