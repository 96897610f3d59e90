import type { AuditEventRow } from '../../store/audit.ts';
import type { SealedRow } from '../../store/audit-seals.ts';
import type { Salting, SealableEvent } from './chain.ts';
import type { SealedEvent } from './verify-chain.ts';

/** An event as it is sealed and exported. */
export function sealable({ at, ...row }: AuditEventRow): SealableEvent {
  return eventOf({ ...row, at: at.toISOString() });
}

function eventOf(row: SealableEvent): SealableEvent {
  const { id, at, actor_kind, actor_id, actor_name, actor_scope, request_id, action } = row;
  const { target_kind, target_id, target_name, related_id, before, after } = row;
  return {
    ...{ id, at, actor_kind, actor_id, actor_name, actor_scope, request_id, action },
    ...{ target_kind, target_id, target_name, related_id, before, after },
  };
}

/** A seal and its event as they are walked. */
export function sealedEvent(row: SealedRow): SealedEvent {
  return {
    seq: row.seq,
    eventId: row.event_id,
    event: row.id === null ? null : eventOf(row),
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
