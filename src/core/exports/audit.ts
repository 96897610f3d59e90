import type { WorkspaceId } from '../../lib/ids.ts';
import { lastSeal, sealedEvents } from '../../store/audit/chain.ts';
import type { AuditEventRow } from '../../store/audit/events.ts';
import { streamEvents, streamUnsealed } from '../../store/audit/export.ts';
import { scopeOf } from '../../store/db/scope.ts';
import type { SealableEvent } from '../audit/chain/chain.ts';
import { exportedEvent, sealable, sealedEvent } from '../audit/chain/sealed-event.ts';
import type { SealedEvent } from '../audit/chain/verify-chain.ts';
import type { Context } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { auditedPeriod, type Period } from '../shared/as-of.ts';
import { type Columns, exported, type ExportFile } from './file.ts';

const EVENT: Columns<SealableEvent> = {
  id: (event) => event.id,
  at: (event) => event.at,
  actor_kind: (event) => event.actor_kind,
  actor_id: (event) => event.actor_id,
  actor_name: (event) => event.actor_name,
  actor_scope: (event) => event.actor_scope,
  request_id: (event) => event.request_id,
  action: (event) => event.action,
  target_kind: (event) => event.target_kind,
  target_id: (event) => event.target_id,
  target_name: (event) => event.target_name,
  related_id: (event) => event.related_id,
  before: (event) => json(event.before),
  after: (event) => json(event.after),
};

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

interface ChainLine {
  readonly workspaceId: WorkspaceId;
  readonly sealed: SealedEvent | null;
  readonly event: SealableEvent | null;
}

/** A line of the chain: the event with its own names, and the seal. What reads it is `seals/chain-file.ts`. */
const CHAIN: Columns<ChainLine, unknown> = {
  workspace_id: (line) => line.workspaceId,
  seq: ({ sealed }) => sealed?.seq ?? null,
  event_id: ({ sealed, event }) => sealed?.eventId ?? event?.id,
  event: ({ event }) => event && exportedEvent(event),
  sealed_at: ({ sealed }) => sealed?.sealedAt ?? null,
  actor_salt: ({ sealed }) => sealed?.saltings.actor.salt ?? null,
  actor_commitment: ({ sealed }) => sealed?.saltings.actor.commitment ?? null,
  subject_salt: ({ sealed }) => sealed?.saltings.subject.salt ?? null,
  subject_commitment: ({ sealed }) => sealed?.saltings.subject.commitment ?? null,
  event_hash: ({ sealed }) => sealed?.eventHash ?? null,
  hash: ({ sealed }) => sealed?.hash ?? null,
  signature: ({ sealed }) => sealed?.signature ?? null,
  key_id: ({ sealed }) => sealed?.keyId ?? null,
};

/** The audit events of a time, in their order. */
export function exportAudit(ctx: Context, name: string, period: Period): ExportFile {
  async function* rows() {
    for await (const batch of streamEvents(ctx.scope, period)) yield batch.map(sealable);
  }
  return exported(ctx, { name, filter: auditedPeriod(period) }, EVENT, rows());
}

/**
 * The hash chain, in its order, with all that verifying it needs; then what is not sealed yet. Whoever has the
 * file needs nothing else. Of a stretch of time it is an excerpt, which can't be verified by itself.
 */
export function exportChain(ctx: Context, name: string, period: Period): ExportFile<unknown> {
  const { from, to } = period;
  const isIn = ({ event }: ChainLine) => {
    if (!event) return true;
    const at = new Date(event.at);
    return (!from || at >= from) && (!to || at < to);
  };
  async function* rows() {
    for await (const batch of chainLines(ctx.core, ctx.caller.workspaceId)) yield batch.filter(isIn);
  }
  return exported(ctx, { name, filter: auditedPeriod(period) }, CHAIN, rows());
}

async function* chainLines(core: Core, workspaceId: WorkspaceId): AsyncGenerator<ChainLine[]> {
  const last = (await lastSeal(scopeOf(core.db, workspaceId)))?.seq ?? 0;
  for await (const batch of sealedEvents(scopeOf(core.db, workspaceId), last)) {
    yield batch.map((row) => {
      const sealed = sealedEvent(row);
      return { workspaceId, sealed, event: sealed.event };
    });
  }
  const unsealed = (row: AuditEventRow) => ({ workspaceId, sealed: null, event: sealable(row) });
  for await (const batch of streamUnsealed(scopeOf(core.db, workspaceId), last)) yield batch.map(unsealed);
}
