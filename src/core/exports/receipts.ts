import { notFound } from '../../lib/errors.ts';
import { asId, type EventId } from '../../lib/ids.ts';
import type { AuditEventRow, AuditPosition } from '../../store/audit/events.ts';
import { findReceipt, listReceipts } from '../../store/exports/receipts.ts';
import { withNext } from '../../store/sql/keyset-page.ts';
import type { Context } from '../context/context.ts';

/** What the audit tells of an export. */
export interface ExportReceipt {
  readonly id: EventId;
  readonly at: Date;
  readonly by: string;
  readonly file: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly rows: number;
  /** Null when the file was cut off, and of exports made before hashes were kept. */
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly isWhole: boolean;
}

/** A page of the workspace's exports, newest first; those of one file, when its hash is given. */
export async function listExportReceipts(
  ctx: Context,
  asked: Parameters<typeof listReceipts>[1],
  page: { readonly limit: number; readonly after?: AuditPosition | undefined },
): Promise<{ items: readonly ExportReceipt[]; next: AuditPosition | null }> {
  const rows = await listReceipts(ctx.scope, asked, page);
  const { items, next } = withNext(rows, ({ at, id }) => ({ at, id }));
  return { items: items.map(receiptOf), next };
}

/** One export. Throws `not_found`. */
export async function exportReceipt(ctx: Context, named: string): Promise<ExportReceipt> {
  const id = asId<EventId>(named);
  const found = id && (await findReceipt(ctx.scope, id));
  if (!found) throw notFound('export', named);
  return receiptOf(found);
}

function receiptOf(event: AuditEventRow): ExportReceipt {
  const after = event.after as Partial<Pick<ExportReceipt, 'filter' | 'rows' | 'sha256' | 'bytes'>> | null;
  return {
    id: event.id,
    at: event.at,
    by: event.actor_name,
    file: event.target_id,
    filter: after?.filter ?? {},
    rows: after?.rows ?? 0,
    sha256: after?.sha256 ?? null,
    bytes: after?.bytes ?? null,
    isWhole: event.action === 'export.created',
  };
}
