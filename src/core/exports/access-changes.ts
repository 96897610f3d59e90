import { type AccessChange, streamAccessChanges } from '../../store/exports/access-changes.ts';
import type { Context } from '../context/context.ts';
import { auditedPeriod, clampPeriod, type Period } from '../shared/as-of.ts';
import { type Columns, exported, type ExportFile, time } from './file.ts';

const CHANGES: Columns<AccessChange> = {
  at: (change) => time(change.at),
  change: (change) => change.change,
  user_name: (change) => change.user_name,
  email: (change) => change.email,
  kind: (change) => change.kind,
  target: (change) => change.target,
  level: (change) => change.level,
  via: (change) => (change.group_name === null ? 'direct' : `group:${change.group_name}`),
  actor: (change) => change.actor,
  cause: (change) =>
    change.cause === 'mapping' && change.rule !== null ? `mapping:${change.rule}` : change.cause,
};

/** What was gained and lost after `from` until `to`, in the order of time. Throws `invalid` when they are turned round. */
export async function exportAccessChanges(ctx: Context, name: string, period: Period): Promise<ExportFile> {
  const closed = await clampPeriod(ctx.core.db, period);
  const rows = streamAccessChanges(ctx.scope, closed);
  return exported(ctx, { name, filter: auditedPeriod(period) }, CHANGES, rows);
}
