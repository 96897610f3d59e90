import {
  type AuditEventRow,
  type AuditFilter,
  type AuditPosition,
  listEvents,
} from '../../store/audit/events.ts';
import type { Context } from '../context/context.ts';

export type { AuditEventRow as AuditEvent, AuditFilter, AuditPosition } from '../../store/audit/events.ts';

/** A page of the workspace's audit events, newest first, that ends at a number or a size; `next` is null on the last. */
export async function listAudit(
  ctx: Context,
  filter: AuditFilter,
  page: { readonly limit: number; readonly after?: AuditPosition | undefined },
): Promise<{ items: readonly AuditEventRow[]; next: AuditPosition | null }> {
  const { items, more } = await listEvents(ctx.scope, filter, page);
  const last = items.at(-1);
  return { items, next: more && last ? { at: last.at, id: last.id } : null };
}
