import { randomBytes } from 'node:crypto';
import type { WorkspaceId } from '../../../lib/ids.ts';
import { log } from '../../../lib/log.ts';
import {
  beginSealing,
  insertSeals,
  lastSeal,
  type QueuePosition,
  type SealRow,
  takeUnsealed,
  waiting,
  workspacesToSeal,
} from '../../../store/audit/chain.ts';
import type { AuditEventRow } from '../../../store/audit/events.ts';
import { scopeOf } from '../../../store/db/scope.ts';
import { inTransaction } from '../../../store/db/transaction.ts';
import { type Core, signingKey } from '../../context/core.ts';
import { signHead, type SigningKey } from '../../context/signing.ts';
import { eventHash, genesis, sealHash } from './chain.ts';
import { sealable } from './sealed-event.ts';
import { isTrusted } from './trusted.ts';

/** Events of one transaction: few and small enough that it is short, and that hashing them holds nobody up. */
const BATCH = { limit: 100, bytes: 512 * 1024 };
const SALT_BYTES = 16;

/** Workspaces of which was said that their chain can't go on; said once. */
const told = new Set<WorkspaceId>();

/**
 * Seals the events that wait, of every workspace. Several instances may do it at once: one workspace is sealed by one
 * of them, and the others pass it over. Nobody who writes waits for it.
 */
export async function sealAudit(core: Core, isStopping: () => boolean = () => false): Promise<void> {
  for (const workspaceId of await workspacesToSeal(core.db)) {
    let place: QueuePosition | undefined;
    do place = await sealBatch(core, workspaceId, place);
    while (place && !isStopping());
  }
}

/** Seals what waits next after a place in the queue, and answers the place to go on from; undefined at the end. */
function sealBatch(
  core: Core,
  workspaceId: WorkspaceId,
  after: QueuePosition | undefined,
): Promise<QueuePosition | undefined> {
  const key = signingKey(core);
  return inTransaction(core.db, async (tx) => {
    const now = await beginSealing(scopeOf(tx, workspaceId));
    if (!now) return undefined;
    // Asked after the lock was had: another's seals are seen.
    const last = await lastSeal(scopeOf(tx, workspaceId));
    if (last && !isTrusted(key, workspaceId, last)) {
      tellForged(workspaceId, last);
      return undefined;
    }
    const { places, more } = await waiting(scopeOf(tx, workspaceId), after, BATCH);
    const events: SaltedEvent[] = [];
    // Of each event no more is kept than its hash: a batch may be larger than memory.
    for await (const batch of takeUnsealed(scopeOf(tx, workspaceId), places))
      events.push(...batch.map(salted));
    if (events.length > 0)
      await insertSeals(scopeOf(tx, workspaceId), seals(key, workspaceId, last, events, now));
    return more ? places.at(-1) : undefined;
  });
}

type NewSeal = Parameters<typeof insertSeals>[1][number];
type SaltedEvent = Pick<NewSeal, 'event_id' | 'event_hash' | 'actor_salt' | 'subject_salt'>;

function salted(row: AuditEventRow): SaltedEvent {
  const [actor, subject] = [newSalt(), newSalt()];
  const hash = eventHash(sealable(row), {
    actor: { salt: actor, commitment: null },
    subject: { salt: subject, commitment: null },
  });
  return { event_id: row.id, event_hash: hash, actor_salt: actor, subject_salt: subject };
}

function newSalt(): string {
  return randomBytes(SALT_BYTES).toString('hex');
}

function seals(
  key: SigningKey,
  workspaceId: WorkspaceId,
  last: SealRow | undefined,
  events: readonly SaltedEvent[],
  now: Date,
): NewSeal[] {
  let [seq, previous] = last ? [last.seq, last.hash] : [0, genesis(workspaceId)];
  const at = now.toISOString();
  return events.map((event, index) => {
    previous = sealHash(previous, ++seq, at, event.event_hash);
    const isLast = index === events.length - 1;
    return {
      ...event,
      ...{ seq, sealed_at: now, hash: previous },
      signature: isLast ? signHead(key, { workspaceId, seq, hash: previous, at }) : null,
      key_id: isLast ? key.keyId : null,
    };
  });
}

/** To go on from a forged seal would sign it. */
function tellForged(workspaceId: WorkspaceId, { seq }: SealRow): void {
  if (!told.has(workspaceId)) {
    log.error('The newest seal of the audit is not ours: nothing more is sealed. Verify the audit.', {
      workspaceId,
      seq,
    });
    told.add(workspaceId);
  }
}
