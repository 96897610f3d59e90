import { RollcallError } from '../../lib/errors.ts';
import { type EventId, type GrantId, newId, type UserId } from '../../lib/ids.ts';
import { billingManagersInProjects } from '../../store/access/billing-managers.ts';
import {
  endDirectGrants,
  openPushedGrants,
  type PushedGrant,
  type PushedValue,
} from '../../store/access/direct-grants.ts';
import type { Change } from '../change/change.ts';
import { GRANT_BYTES } from '../change/written-bytes.ts';

/** What a push would change of a user's direct grants. */
export interface PushedDelta {
  readonly added: readonly PushedValue[];
  readonly ended: readonly PushedGrant[];
}

/** Compares what was pushed with the open grants that a locked user has by it; undefined when nothing differs. */
export function comparePushed(
  open: readonly PushedGrant[],
  pushed: readonly PushedValue[],
): PushedDelta | undefined {
  const wanted = new Map(pushed.map((one) => [keyOf(one), one]));
  const there = new Set(open.map(keyOf));
  const ended = open.filter((grant) => !wanted.has(keyOf(grant)));
  const added = [...wanted.values()].filter((one) => !there.has(keyOf(one)));
  return added.length === 0 && ended.length === 0 ? undefined : { added, ended };
}

/**
 * Makes the direct grants of a locked user exactly what was pushed; those that were given here stay beside them. A
 * value that was pushed before keeps its interval. Throws `refused` when a billing manager would hold a project role
 * directly.
 */
export async function applyPushed(
  c: Change,
  userId: UserId,
  delta: PushedDelta | undefined,
  eventId: EventId,
): Promise<void> {
  if (!delta) return;
  const ended = delta.ended.map((grant) => grant.id);
  c.charge((ended.length + delta.added.length) * GRANT_BYTES);
  if (ended.length > 0) await endDirectGrants(c.scope, ended, eventId, c.at);
  if (delta.added.length > 0) {
    const grants = delta.added.map((one) => ({ ...one, id: newId<GrantId>() }));
    await openPushedGrants(c.scope, userId, grants, eventId, c.at);
  }
  await refuseBillingManagerInProjects(c, userId);
}

/** What the audit tells of a push that changed grants and nothing else. */
export function auditedPushed({ added, ended }: PushedDelta) {
  const values = (of: readonly PushedValue[]) => of.map(({ attribute, value }) => ({ attribute, value }));
  return { before: { pushed: values(ended) }, after: { pushed: values(added) } };
}

/** Throws `refused` when a user's highest account role is billing manager and a project role is held directly. */
export async function refuseBillingManagerInProjects(c: Change, userId: UserId): Promise<void> {
  if ((await billingManagersInProjects(c.scope, [userId])).length > 0) {
    throw new RollcallError(
      'refused',
      'A billing manager holds no project role. Take the project roles away first, or give another account role.',
    );
  }
}

function keyOf({ attribute, value }: PushedValue): string {
  return `${attribute}\n${value.toLowerCase()}`;
}
