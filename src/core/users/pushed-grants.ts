import { RollcallError } from '../../errors.ts';
import { newId, type EventId, type GrantId, type UserId } from '../../ids.ts';
import {
  endDirectGrants,
  isBillingManagerWithProjectRole,
  openPushedGrants,
  pushedGrants,
  type PushedValue,
} from '../../store/direct-grants.ts';
import type { Change } from '../change.ts';

/**
 * Makes the direct grants of a locked user exactly what was pushed. A value that was pushed before keeps its
 * interval. Throws `refused` when a billing manager would hold a project role directly.
 */
export async function syncPushedGrants(
  c: Change,
  userId: UserId,
  pushed: readonly PushedValue[],
  eventId: EventId,
  options: { isNew: boolean },
): Promise<void> {
  const { workspaceId } = c.caller;
  const wanted = new Map(pushed.map((one) => [keyOf(one), one]));
  const open = options.isNew ? [] : await pushedGrants(c.tx, workspaceId, userId);
  const there = new Set(open.map(keyOf));
  const ended = open.filter((grant) => !wanted.has(keyOf(grant))).map((grant) => grant.id);
  const added = [...wanted.values()].filter((one) => !there.has(keyOf(one)));
  if (ended.length > 0) await endDirectGrants(c.tx, workspaceId, ended, eventId, c.at);
  if (added.length === 0 && ended.length === 0) return;
  if (added.length > 0) {
    const grants = added.map((one) => ({ ...one, id: newId<GrantId>() }));
    await openPushedGrants(c.tx, workspaceId, userId, grants, eventId, c.at);
  }
  await refuseBillingManagerInProjects(c, userId);
}

/** Throws `refused` when a user's highest account role is billing manager and a project role is held directly. */
export async function refuseBillingManagerInProjects(c: Change, userId: UserId): Promise<void> {
  if (await isBillingManagerWithProjectRole(c.tx, c.caller.workspaceId, userId)) {
    throw new RollcallError(
      'refused',
      'A billing manager holds no project role. Take the project roles away first, or give another account role.',
    );
  }
}

function keyOf({ attribute, value }: PushedValue): string {
  return `${attribute}\n${value.toLowerCase()}`;
}
