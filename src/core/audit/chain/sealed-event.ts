import type { SealedRow } from '../../../store/audit/chain.ts';
import type { AuditEventRow } from '../../../store/audit/events.ts';
import type { Salting, SealableEvent } from './chain.ts';
import type { SealedEvent } from './verify-chain.ts';

/** An event as it is sealed. */
export function sealable({ at, ...row }: AuditEventRow): SealableEvent {
  return { ...row, at: at.toISOString() };
}

/** An event as it is exported: its own fields alone, in their order. */
export function exportedEvent(event: SealableEvent): SealableEvent {
  return {
    id: event.id,
    at: event.at,
    actor_kind: event.actor_kind,
    actor_id: event.actor_id,
    actor_name: event.actor_name,
    actor_scope: event.actor_scope,
    request_id: event.request_id,
    action: event.action,
    target_kind: event.target_kind,
    target_id: event.target_id,
    target_name: event.target_name,
    related_id: event.related_id,
    before: event.before,
    after: event.after,
  };
}

/** A seal and its event as they are walked. The event is the row itself: a million copies take as long as hashing. */
export function sealedEvent(row: SealedRow): SealedEvent {
  return {
    seq: row.seq,
    eventId: row.event_id,
    event: row.id === null ? null : row,
    sealedAt: row.sealed_at,
    saltings: {
      actor: { salt: row.actor_salt, commitment: row.actor_commitment } as Salting,
      subject: { salt: row.subject_salt, commitment: row.subject_commitment } as Salting,
    },
    eventHash: row.event_hash,
    hash: row.hash,
    signature: row.signature,
    keyId: row.key_id,
  };
}
