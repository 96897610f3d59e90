import sql from 'sql-template-tag';
import type { WorkspaceId } from '../../lib/ids.ts';
import type { Db, Tx } from '../db/pool.ts';
import { row, rows } from '../db/query.ts';
import { acrossWorkspaces, type Scope, type WriteScope } from '../db/scope.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText } from '../sql/keyset.ts';

/** What may be changed of a workspace. */
export interface WorkspaceState {
  readonly name: string;
  /** Where an invitee goes on to sign in. */
  readonly sign_in_url: string | null;
  /** When false, a user may be given only one of the products. */
  readonly integration_enabled: boolean;
}

export interface WorkspaceRow extends WorkspaceState {
  readonly id: WorkspaceId;
  readonly key: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = sql`w.id, w.key, w.name, w.sign_in_url, w.integration_enabled, w.created_at, w.updated_at`;

export type WorkspaceSort = 'key' | 'name';

const SORTS = { key: byText(sql`w.key`), name: byText(sql`w.name`) };

/** A page of all workspaces; the search looks at keys and names. */
export async function listWorkspaces(db: Db, page: KeysetPage<WorkspaceSort>): Promise<Page<WorkspaceRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`w.id`, [sql`w.key`, sql`w.name`]);
  const found = await rows<WorkspaceRow & { sort_value: string }>(
    acrossWorkspaces(db),
    sql`select ${COLUMNS}, ${column} from workspaces w where true ${conditions} ${order}`,
  );
  return toKeysetPage(found, page.limit);
}

/** The workspace itself. */
export function findWorkspace(scope: Scope): Promise<WorkspaceRow | undefined> {
  return row(scope, sql`select ${COLUMNS} from workspaces w where w.id = ${scope.workspaceId}`);
}

/** One workspace by its key, without regard to case. */
export function findWorkspaceByKey(db: Db | Tx, key: string): Promise<WorkspaceRow | undefined> {
  return row(
    acrossWorkspaces(db),
    sql`select ${COLUMNS} from workspaces w where lower(w.key) = lower(${key})`,
  );
}

/** Inserts a workspace. Throws `taken` when its key is in use. */
export async function insertWorkspace(
  scope: WriteScope,
  workspace: Pick<WorkspaceRow, 'key' | 'name'>,
  at: Date,
): Promise<WorkspaceRow> {
  const inserted = await row<WorkspaceRow>(
    scope,
    sql`insert into workspaces as w (id, key, name, created_at, updated_at)
      values (${scope.workspaceId}, ${workspace.key}, ${workspace.name}, ${at}, ${at}) returning ${COLUMNS}`,
  );
  return inserted as WorkspaceRow;
}

/** Writes a workspace's new state. */
export async function updateWorkspace(
  scope: WriteScope,
  state: WorkspaceState,
  at: Date,
): Promise<WorkspaceRow> {
  const updated = await row<WorkspaceRow>(
    scope,
    sql`update workspaces as w set name = ${state.name}, sign_in_url = ${state.sign_in_url},
        integration_enabled = ${state.integration_enabled}, updated_at = ${at}
      where id = ${scope.workspaceId} returning ${COLUMNS}`,
  );
  return updated as WorkspaceRow;
}

/** The first number of our advisory locks: the first start. */
const FIRST_START = 0x526f6c6d;

/** Lets one of several instances that start together go first; the others wait until its transaction ends. */
export async function lockFirstStart(tx: Tx): Promise<void> {
  await rows(acrossWorkspaces(tx), sql`select pg_advisory_xact_lock(${FIRST_START}::integer, 0)`);
}
