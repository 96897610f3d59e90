import type { UserId, WorkspaceId } from '../../ids.ts';
import { sealedEventsAbout } from '../../store/audit-seals.ts';
import type { Tx } from '../../store/db.ts';
import { eventHash } from './chain.ts';
import { sealedEvent } from './sealed-event.ts';

/** The places in the chain of the events about a user that are what was sealed. */
export async function unbrokenAbout(
  tx: Tx,
  workspaceId: WorkspaceId,
  userId: UserId,
): Promise<ReadonlySet<number>> {
  const sealed = (await sealedEventsAbout(tx, workspaceId, userId)).map(sealedEvent);
  return new Set(
    sealed
      .filter(({ event, saltings, eventHash: hash }) => event && eventHash(event, saltings) === hash)
      .map(({ seq }) => seq),
  );
}
