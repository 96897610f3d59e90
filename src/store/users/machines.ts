import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, MachineId, ProductId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, WriteScope } from '../db/scope.ts';
import { type AsOf, rowsAsOf } from '../sql/as-of.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText, type SortKey } from '../sql/keyset.ts';

/** A machine that a user has registered and that was not removed. */
export interface MachineRow {
  readonly id: MachineId;
  readonly user_id: UserId;
  readonly user_name: string;
  /** The key of the product that it was registered for. */
  readonly product: string | null;
  readonly name: string;
  /** What the machine is known by; one registration in the workspace at a time. */
  readonly fingerprint: string;
  readonly registered_at: Date;
  readonly last_seen_at: Date;
}

function columns(workspaceId: WorkspaceId): Sql {
  return sql`m.id, m.user_id, u.user_name,
    (select p.key from products p where p.workspace_id = ${unestimated(workspaceId)} and p.id = m.product_id) as product,
    m.name, m.fingerprint, m.registered_at, m.last_seen_at`;
}

/** Machines `m`, each with its user `u`. */
function machines(workspaceId: WorkspaceId): Sql {
  return sql`machines m join users u on u.workspace_id = ${workspaceId} and u.id = m.user_id`;
}

export type MachineSort = 'name' | 'user' | 'registeredAt' | 'lastSeenAt';

const SORTS: Record<MachineSort, SortKey> = {
  name: byText(sql`m.name`),
  user: byText(sql`u.user_name`),
  registeredAt: { expression: sql`m.registered_at`, type: 'timestamptz' },
  lastSeenAt: { expression: sql`m.last_seen_at`, type: 'timestamptz' },
};

/** Whose machines are listed, and for which product, by its key; a key that names nothing lists none. */
export interface MachineFilter {
  readonly userId?: UserId | undefined;
  readonly product?: string | undefined;
}

/** A page of the registered machines; the search looks at names, fingerprints and user names. */
export async function listMachines(
  scope: PoolScope,
  filter: MachineFilter,
  page: KeysetPage<MachineSort>,
): Promise<Page<MachineRow>> {
  const searched = [sql`m.name`, sql`m.fingerprint`, sql`u.user_name`];
  const { column, conditions, order } = keyset(page, SORTS, sql`m.id`, searched);
  const found = await rows<MachineRow & { sort_value: string }>(
    scope,
    sql`select ${columns(scope.workspaceId)}, ${column} from ${machines(scope.workspaceId)}
      where m.workspace_id = ${scope.workspaceId} and m.removed_at is null ${matching(scope.workspaceId, filter)} ${conditions}
      ${order}`,
  );
  return toKeysetPage(found, page.limit);
}

function matching(workspaceId: WorkspaceId, { userId, product }: MachineFilter): Sql {
  return sql`
    ${userId ? sql`and m.user_id = ${userId}` : empty}
    ${
      product === undefined
        ? empty
        : sql`and m.product_id = (select p.id from products p
            where p.workspace_id = ${workspaceId} and lower(p.key) = lower(${product}))`
    }`;
}

const VERSIONED = [
  'workspace_id',
  'id',
  'user_id',
  'product_id',
  'name',
  'fingerprint',
  'registered_at',
  'last_seen_at',
  'removed_at',
  'updated_at',
];

/**
 * The machines of one user that are registered at a time, by name, `most` of them. Of a past one it is told to the day when they were
 * seen: on its own day the first time rather than a later one than that time.
 */
export function machinesOf(
  scope: PoolScope,
  userId: UserId,
  asOf: AsOf,
  most: number,
): Promise<MachineRow[]> {
  const isPast = asOf !== 'now';
  const seen = sql`case when m.last_seen_at <= ${asOf} then m.last_seen_at else m.updated_at end`;
  return rows(
    scope,
    sql`select m.id, m.user_id, u.user_name, p.key as product, m.name, m.fingerprint, m.registered_at,
        ${isPast ? seen : sql`m.last_seen_at`} as last_seen_at
      from ${rowsAsOf('machines', VERSIONED, asOf)} m
      join ${rowsAsOf('users', ['workspace_id', 'id', 'user_name'], asOf)} u
        on u.workspace_id = ${scope.workspaceId} and u.id = m.user_id
      left join ${rowsAsOf('products', ['workspace_id', 'id', 'key'], asOf)} p
        on p.workspace_id = ${scope.workspaceId} and p.id = m.product_id
      where m.workspace_id = ${scope.workspaceId} and m.user_id = ${userId}
        and (m.removed_at is null ${isPast ? sql`or m.removed_at > ${asOf}` : empty})
      order by lower(m.name) collate "C", m.id limit ${most}`,
  );
}

/** The registered machine of an id. */
export function findMachine(scope: WriteScope, id: MachineId): Promise<MachineRow | undefined> {
  return row(
    scope,
    sql`select ${columns(scope.workspaceId)} from ${machines(scope.workspaceId)}
      where m.workspace_id = ${scope.workspaceId} and m.id = ${id} and m.removed_at is null`,
  );
}

/** The registered machine of a fingerprint. */
export function machineByFingerprint(
  scope: WriteScope,
  fingerprint: string,
): Promise<MachineRow | undefined> {
  return row(
    scope,
    sql`select ${columns(scope.workspaceId)} from ${machines(scope.workspaceId)}
      where m.workspace_id = ${scope.workspaceId} and m.fingerprint = ${fingerprint} and m.removed_at is null`,
  );
}

/** Inserts a machine of a locked user. False when one of that fingerprint is registered. */
export async function insertMachine(
  scope: WriteScope,
  machine: {
    readonly id: MachineId;
    readonly userId: UserId;
    readonly productId: ProductId | null;
    readonly name: string;
    readonly fingerprint: string;
    readonly eventId: EventId;
  },
  at: Date,
): Promise<boolean> {
  const inserted = await rows(
    scope,
    sql`insert into machines (workspace_id, id, user_id, product_id, name, fingerprint, registered_at, last_seen_at,
        updated_at, since_event)
      values (${scope.workspaceId}, ${machine.id}, ${machine.userId}, ${machine.productId}, ${machine.name},
        ${machine.fingerprint}, ${at}, ${at}, ${at}, ${machine.eventId})
      on conflict (workspace_id, fingerprint) where removed_at is null do nothing
      returning id`,
  );
  return inserted.length > 0;
}

/**
 * Notes that a machine was seen, and what it is called and used for now; an undefined product stays. The first time of
 * a day and another name or product begin a version: what a past date is answered from.
 */
export async function updateMachine(
  scope: WriteScope,
  id: MachineId,
  seen: { readonly name: string; readonly productId: ProductId | null | undefined },
  at: Date,
): Promise<void> {
  const productId = seen.productId === undefined ? sql`product_id` : sql`${seen.productId}::uuid`;
  const day = (time: Sql) => sql`(${time} at time zone 'UTC')::date`;
  await rows(
    scope,
    sql`update machines set name = ${seen.name}, product_id = ${productId},
        last_seen_at = greatest(last_seen_at, ${at}),
        updated_at = case when name <> ${seen.name} or product_id is distinct from ${productId}
            or ${day(sql`last_seen_at`)} < ${day(sql`${at}::timestamptz`)}
          then greatest(${at}::timestamptz, updated_at) else updated_at end
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}

/** The registered machines of some users, ascending by id. */
export function machinesOfUsers(scope: WriteScope, userIds: readonly UserId[]): Promise<MachineRow[]> {
  return rows(
    scope,
    sql`select ${columns(scope.workspaceId)} from ${machines(scope.workspaceId)}
      where m.workspace_id = ${scope.workspaceId} and m.user_id = any(${userIds}::uuid[]) and m.removed_at is null
      order by m.id`,
  );
}

/** Ends registrations; `events[i]` is the event that tells of `ids[i]`. */
export async function endMachines(
  scope: WriteScope,
  ended: { readonly ids: readonly MachineId[]; readonly events: readonly EventId[] },
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`update machines m set removed_at = greatest(${at}::timestamptz, m.registered_at), until_event = e.event
      from unnest(${ended.ids}::uuid[], ${ended.events}::uuid[]) as e(id, event)
      where m.workspace_id = ${scope.workspaceId} and m.id = e.id and m.removed_at is null`,
  );
}
