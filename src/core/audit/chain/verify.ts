import type { WorkspaceId } from '../../../lib/ids.ts';
import { auditState, erasuresTold, sealedEvents } from '../../../store/audit/chain.ts';
import { scopeOf } from '../../../store/db/scope.ts';
import { type Core, signingKey } from '../../context/core.ts';
import type { Head } from '../../context/signing.ts';
import { sealedEvent } from './sealed-event.ts';
import { type Broken, type ChainResult, chainWalk } from './verify-chain.ts';

/** Whether the audit is as it was written (contract section 6). */
export interface Verified extends Pick<ChainResult, 'signature' | 'keys' | 'warnings'> {
  readonly ok: boolean;
  /** The hash of the newest seal that holds; null for none. */
  readonly head: string | null;
  readonly events: number;
  /** How many of them are sealed; the newest wait for a moment. */
  readonly sealed: number;
  readonly firstBroken: Broken | null;
}

/** Walks the whole chain of a workspace, in constant memory. */
export async function verifyAudit(
  core: Core,
  workspaceId: WorkspaceId,
  checkpoint?: Head,
): Promise<Verified> {
  const { publicKey } = signingKey(core);
  const state = await auditState(scopeOf(core.db, workspaceId));
  const walk = chainWalk(workspaceId, { publicKey, checkpoint });
  for await (const batch of sealedEvents(scopeOf(core.db, workspaceId), state.last))
    for (const row of batch) walk.take(sealedEvent(row));
  // The event of an erasure may wait still to be sealed.
  const unexplained = walk.unexplained();
  if (unexplained.length > 0)
    for (const person of await erasuresTold(scopeOf(core.db, workspaceId), unexplained)) walk.explain(person);
  const { firstBroken: inChain, sealed: walked, head: hash, signature, keys, warnings } = walk.end();
  const firstBroken = inChain ?? unplaced(state);
  const { events, sealed } = state;
  const head = walked === 0 ? null : hash;
  return { ok: firstBroken === null, events, sealed, head, firstBroken, signature, keys, warnings };
}

function unplaced({ stray, missing }: Awaited<ReturnType<typeof auditState>>): Broken | null {
  if (stray !== null) {
    const message = 'The event is neither sealed nor waiting for it: it was put in past Rollcall.';
    return { seq: null, eventId: stray, problem: 'inserted', message };
  }
  if (missing !== null) {
    const message = 'The event was written and is gone; it was not sealed yet.';
    return { seq: null, eventId: missing, problem: 'removed', message };
  }
  return null;
}
