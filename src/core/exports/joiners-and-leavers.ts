import {
  type Dormant,
  type Joiner,
  type Leaver,
  streamDormant,
  streamJoiners,
  streamLeavers,
} from '../../store/exports/joiners-and-leavers.ts';
import { databaseTime } from '../../store/sql/as-of.ts';
import { accountRoleOf } from '../access/effective.ts';
import type { Context } from '../context/context.ts';
import { auditedPeriod, clampPeriod, type Period } from '../shared/as-of.ts';
import { type Columns, exported, type ExportFile, time } from './file.ts';

type Person = Pick<Leaver, 'user_id' | 'user_name' | 'email' | 'full_name' | 'organization'>;

const PERSON: Columns<Person> = {
  user_id: (row) => row.user_id,
  user_name: (row) => row.user_name,
  email: (row) => row.email,
  full_name: (row) => row.full_name,
  organization: (row) => row.organization,
};

const LEAVERS: Columns<Leaver> = {
  ...PERSON,
  requested_at: (row) => time(row.requested_at),
  access_ended_at: (row) => time(row.at),
  actor: (row) => row.actor,
  action: (row) => row.action,
  lost_account_role: (row) => accountRoleOf(row.account_role),
  lost_products: (row) => row.products,
  lost_projects: (row) => row.projects,
  returned_at: (row) => time(row.returned_at),
};

const JOINERS: Columns<Joiner> = {
  ...PERSON,
  requested_at: (row) => time(row.requested_at),
  joined_at: (row) => time(row.at),
  actor: (row) => row.actor,
  action: (row) => row.action,
  new: (row) => (row.is_new ? 'yes' : 'no'),
  first_access_at: (row) => time(row.first_access_at),
  account_role: (row) => accountRoleOf(row.account_role),
  products: (row) => row.products,
  projects: (row) => row.projects,
};

const DORMANT: Columns<Dormant> = {
  ...PERSON,
  products: (row) => row.products,
  joined_at: (row) => time(row.joined_at),
  active_since: (row) => time(row.active_since),
  last_access_at: (row) => time(row.last_access_at),
};

/** Who ceased to be active after `from` until `to`: asked when, ended when, by whom, and what was lost. */
export async function exportLeavers(ctx: Context, name: string, period: Period): Promise<ExportFile> {
  const rows = streamLeavers(ctx.scope, await clampPeriod(ctx.core.db, period));
  return exported(ctx, { name, filter: auditedPeriod(period) }, LEAVERS, rows);
}

/** Who began to be active after `from` until `to`, with what they have at the end of it. */
export async function exportJoiners(ctx: Context, name: string, period: Period): Promise<ExportFile> {
  const rows = streamJoiners(ctx.scope, await clampPeriod(ctx.core.db, period));
  return exported(ctx, { name, filter: auditedPeriod(period) }, JOINERS, rows);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Active users who hold a seat and were not seen for some days, nor made active in them. */
export async function exportDormant(ctx: Context, name: string, days: number): Promise<ExportFile> {
  const now = await databaseTime(ctx.core.db);
  const rows = streamDormant(ctx.scope, new Date(now.getTime() - days * DAY_MS));
  return exported(ctx, { name, filter: { days } }, DORMANT, rows);
}
