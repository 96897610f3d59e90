import {
  type AuditEventRow,
  type AuditFilter,
  type AuditPosition,
  listEvents,
} from '../../store/audit/events.ts';
import { withNext } from '../../store/sql/keyset-page.ts';
import type { Context } from '../context/context.ts';

export type { AuditEventRow as AuditEvent, AuditFilter, AuditPosition } from '../../store/audit/events.ts';

/** A page of the workspace's audit events, newest first, that ends at a number or a size; `next` is null on the last. */
export async function listAudit(
  ctx: Context,
  filter: AuditFilter,
  page: { readonly limit: number; readonly after?: AuditPosition | undefined },
): Promise<{ items: readonly AuditEventRow[]; next: AuditPosition | null }> {
  return withNext(await listEvents(ctx.scope, filter, page), ({ at, id }) => ({ at, id }));
}
