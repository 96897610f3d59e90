import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, MachineId, ProductId, UserId, WorkspaceId } from '../ids.ts';
import { row, rows, type Db, type Tx } from './db.ts';
import { asPage, byText, keyset, type KeysetPage, type Page, type SortKey } from './keyset.ts';

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

const COLUMNS = sql`m.id, m.user_id, u.user_name,
  (select p.key from products p where p.workspace_id = m.workspace_id and p.id = m.product_id) as product,
  m.name, m.fingerprint, m.registered_at, m.last_seen_at`;

const MACHINES = sql`machines m join users u on u.workspace_id = m.workspace_id and u.id = m.user_id`;

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
  db: Db,
  workspaceId: WorkspaceId,
  filter: MachineFilter,
  page: KeysetPage<MachineSort>,
): Promise<Page<MachineRow>> {
  const searched = [sql`m.name`, sql`m.fingerprint`, sql`u.user_name`];
  const { column, conditions, order } = keyset(page, SORTS, sql`m.id`, searched);
  const found = await rows<MachineRow & { sort_value: string }>(
    db,
    sql`select ${COLUMNS}, ${column} from ${MACHINES}
      where m.workspace_id = ${workspaceId} and m.removed_at is null ${matching(workspaceId, filter)} ${conditions}
      ${order}`,
  );
  return asPage(found, page.limit);
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

/** The registered machines of one user, by name. */
export function machinesOf(db: Db, workspaceId: WorkspaceId, userId: UserId): Promise<MachineRow[]> {
  return rows(
    db,
    sql`select ${COLUMNS} from ${MACHINES}
      where m.workspace_id = ${workspaceId} and m.user_id = ${userId} and m.removed_at is null
      order by lower(m.name) collate "C", m.id`,
  );
}

/** The registered machine of an id. */
export function findMachine(
  tx: Tx,
  workspaceId: WorkspaceId,
  id: MachineId,
): Promise<MachineRow | undefined> {
  return row(
    tx,
    sql`select ${COLUMNS} from ${MACHINES}
      where m.workspace_id = ${workspaceId} and m.id = ${id} and m.removed_at is null`,
  );
}

/** The registered machine of a fingerprint. */
export function machineByFingerprint(
  tx: Tx,
  workspaceId: WorkspaceId,
  fingerprint: string,
): Promise<MachineRow | undefined> {
  return row(
    tx,
    sql`select ${COLUMNS} from ${MACHINES}
      where m.workspace_id = ${workspaceId} and m.fingerprint = ${fingerprint} and m.removed_at is null`,
  );
}

/** Inserts a machine of a locked user. False when one of that fingerprint is registered. */
export async function insertMachine(
  tx: Tx,
  workspaceId: WorkspaceId,
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
    tx,
    sql`insert into machines (workspace_id, id, user_id, product_id, name, fingerprint, registered_at, last_seen_at,
        since_event)
      values (${workspaceId}, ${machine.id}, ${machine.userId}, ${machine.productId}, ${machine.name},
        ${machine.fingerprint}, ${at}, ${at}, ${machine.eventId})
      on conflict (workspace_id, fingerprint) where removed_at is null do nothing
      returning id`,
  );
  return inserted.length > 0;
}

/** Notes that a machine was seen, and what it is called and used for now; an undefined product stays. */
export async function updateMachine(
  tx: Tx,
  workspaceId: WorkspaceId,
  id: MachineId,
  seen: { readonly name: string; readonly productId: ProductId | null | undefined },
  at: Date,
): Promise<void> {
  await rows(
    tx,
    sql`update machines set name = ${seen.name}, last_seen_at = greatest(last_seen_at, ${at})
        ${seen.productId === undefined ? empty : sql`, product_id = ${seen.productId}`}
      where workspace_id = ${workspaceId} and id = ${id}`,
  );
}

/** The registered machines of some users, ascending by id. */
export function machinesOfUsers(
  tx: Tx,
  workspaceId: WorkspaceId,
  userIds: readonly UserId[],
): Promise<MachineRow[]> {
  return rows(
    tx,
    sql`select ${COLUMNS} from ${MACHINES}
      where m.workspace_id = ${workspaceId} and m.user_id = any(${userIds}::uuid[]) and m.removed_at is null
      order by m.id`,
  );
}

/** Ends registrations; `events[i]` is the event that tells of `ids[i]`. */
export async function endMachines(
  tx: Tx,
  workspaceId: WorkspaceId,
  ended: { readonly ids: readonly MachineId[]; readonly events: readonly EventId[] },
  at: Date,
): Promise<void> {
  await rows(
    tx,
    sql`update machines m set removed_at = greatest(${at}::timestamptz, m.registered_at), until_event = e.event
      from unnest(${ended.ids}::uuid[], ${ended.events}::uuid[]) as e(id, event)
      where m.workspace_id = ${workspaceId} and m.id = e.id and m.removed_at is null`,
  );
}
