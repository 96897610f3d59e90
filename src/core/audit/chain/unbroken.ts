import type { EventId } from '../../../lib/ids.ts';
import { sealsOf } from '../../../store/audit/chain.ts';
import type { WriteScope } from '../../../store/db/scope.ts';
import { eventHash } from './chain.ts';
import { sealedEvent } from './sealed-event.ts';

/** The places in the chain of those of some events that are what was sealed. */
export async function unbrokenOf(
  scope: WriteScope,
  eventIds: readonly EventId[],
): Promise<ReadonlySet<number>> {
  const unbroken = new Set<number>();
  for await (const batch of sealsOf(scope, eventIds))
    for (const { seq, event, saltings, eventHash: hash } of batch.map(sealedEvent))
      if (event && eventHash(event, saltings) === hash) unbroken.add(seq);
  return unbroken;
}
