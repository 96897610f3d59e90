import { log } from '../log.ts';
import { streamAccess, streamUsers, type ExportedAccess, type ExportedUser } from '../store/exports.ts';
import type { UserStatus } from '../store/users.ts';
import { DEFAULT_ACCOUNT_ROLE } from './access.ts';
import { momentOf } from './as-of.ts';
import type { Caller } from './caller.ts';
import { change } from './change.ts';
import type { Core } from './core.ts';

/** What stands in a place of an export; times are ISO 8601 in UTC with milliseconds. */
export type Cell = string | null;

/** An export's columns (contract section 7) and its rows, in batches. Reading them all writes its audit event. */
export interface ExportFile {
  readonly columns: readonly string[];
  readonly batches: AsyncIterable<readonly (readonly Cell[])[]>;
}

/** What is asked of an export: under which name it is made, and as of when, undefined for now. */
export interface ExportAsked {
  readonly name: string;
  readonly asOf: Date | undefined;
}

type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

const USERS: Columns<ExportedUser> = {
  id: (user) => user.id,
  user_name: (user) => user.user_name,
  email: (user) => user.email,
  full_name: (user) => user.full_name,
  status: (user) => user.status,
  account_role: (user) => user.account_role ?? DEFAULT_ACCOUNT_ROLE,
  organization: (user) => user.organization,
  products: (user) => user.products,
  projects: (user) => user.projects,
  joined_at: (user) => time(user.joined_at),
  last_access_at: (user) => time(user.last_access_at),
  removed_at: (user) => time(user.removed_at),
  source: (user) => user.source,
  external_id: (user) => user.external_id,
};

const ACCESS: Columns<ExportedAccess> = {
  user_id: (row) => row.user_id,
  user_name: (row) => row.user_name,
  email: (row) => row.email,
  status: (row) => row.status,
  kind: (row) => row.kind,
  target: (row) => row.target,
  level: (row) => row.level,
  via: (row) => (row.group_name === null ? 'direct' : `group:${row.group_name}`),
  granted_at: (row) => time(row.granted_at),
  granted_by: (row) => row.granted_by,
};

/** Who is listed unless it is said: those who have access, and those who had. */
const USUAL_STATUSES: readonly UserStatus[] = ['active', 'inactive'];

/** The users of some statuses, the active first, then the pending, then the inactive. Throws `invalid` (asOf). */
export async function exportUsers(
  core: Core,
  caller: Caller,
  asked: ExportAsked & { readonly statuses: readonly UserStatus[] | undefined },
): Promise<ExportFile> {
  const moment = await momentOf(core, asked.asOf);
  const statuses = asked.statuses ?? USUAL_STATUSES;
  const rows = streamUsers(core.db, caller.workspaceId, statuses, moment);
  return exported(core, caller, { ...asked, statuses }, USERS, rows);
}

/** Effective access, a row for each user, thing and way by which it is had. Throws `invalid` (asOf). */
export async function exportAccess(core: Core, caller: Caller, asked: ExportAsked): Promise<ExportFile> {
  const moment = await momentOf(core, asked.asOf);
  return exported(core, caller, asked, ACCESS, streamAccess(core.db, caller.workspaceId, moment));
}

function exported<Row>(
  core: Core,
  caller: Caller,
  asked: ExportAsked & { readonly statuses?: readonly UserStatus[] },
  columns: Columns<Row>,
  rows: AsyncIterable<readonly Row[]>,
): ExportFile {
  const cells = Object.values(columns);
  async function* batches() {
    let count = 0;
    let isWhole = false;
    try {
      for await (const batch of rows) {
        count += batch.length;
        yield batch.map((row) => cells.map((cell) => cell(row)));
      }
      isWhole = true;
    } finally {
      await recordExport(core, caller, asked, count, isWhole);
    }
  }
  return { columns: Object.keys(columns), batches: batches() };
}

/** An export that was cut off is told as well: what was read before has left the house. */
async function recordExport(
  core: Core,
  caller: Caller,
  { name, asOf, statuses }: ExportAsked & { readonly statuses?: readonly UserStatus[] },
  rows: number,
  isWhole: boolean,
): Promise<void> {
  const action = isWhole ? 'export.created' : 'export.interrupted';
  const filter = { ...(statuses ? { status: statuses } : {}), ...(asOf ? { asOf: asOf.toISOString() } : {}) };
  try {
    await change(core, caller, (c) => {
      c.record({ action, target: { kind: 'export', id: name, name }, after: { filter, rows } });
      return Promise.resolve();
    });
  } catch (error) {
    log.error('An export was sent, but its audit event could not be written.', { action, name, rows, error });
  }
}

function time(at: Date | null): Cell {
  return at && at.toISOString();
}
