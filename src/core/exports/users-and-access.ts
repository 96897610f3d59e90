import {
  type ExportedAccess,
  type ExportedUser,
  streamAccess,
  streamUsers,
} from '../../store/exports/users-and-access.ts';
import type { UserStatus } from '../../store/users/users.ts';
import { accountRoleOf } from '../access/effective.ts';
import type { Context } from '../context/context.ts';
import { resolveAsOf } from '../shared/as-of.ts';
import { type Columns, exported, type ExportFile, time } from './file.ts';

/** What is asked of an export: under which name it is made, and as of when, undefined for now. */
interface AsOfAsked {
  readonly name: string;
  readonly asOf: Date | undefined;
}

const USERS: Columns<ExportedUser> = {
  id: (user) => user.id,
  user_name: (user) => user.user_name,
  email: (user) => user.email,
  full_name: (user) => user.full_name,
  status: (user) => user.status,
  account_role: (user) => accountRoleOf(user.account_role),
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
  ctx: Context,
  asked: AsOfAsked & { readonly statuses: readonly UserStatus[] | undefined },
): Promise<ExportFile> {
  const moment = await resolveAsOf(ctx.core.db, asked.asOf);
  const statuses = asked.statuses ?? USUAL_STATUSES;
  const rows = streamUsers(ctx.scope, statuses, moment);
  const filter = { status: statuses, ...at(asked) };
  return exported(ctx, { name: asked.name, filter }, USERS, rows);
}

/** Effective access, a row for each user, thing and way by which it is had. Throws `invalid` (asOf). */
export async function exportAccess(ctx: Context, asked: AsOfAsked): Promise<ExportFile> {
  const moment = await resolveAsOf(ctx.core.db, asked.asOf);
  const rows = streamAccess(ctx.scope, moment);
  return exported(ctx, { name: asked.name, filter: at(asked) }, ACCESS, rows);
}

function at({ asOf }: AsOfAsked): { asOf?: string } {
  return asOf ? { asOf: asOf.toISOString() } : {};
}
