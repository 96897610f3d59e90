import type { EventId, GrantId, UserId } from '../../lib/ids.ts';
import { newId } from '../../lib/ids.ts';
import { endGrantsBy } from '../../store/access/direct-grants.ts';
import {
  grantsToTake,
  type PendingRow,
  type RowOutcome,
  type TakenGrant,
} from '../../store/reviews/outcomes.ts';
import type { LockedReview } from '../../store/reviews/reviews.ts';
import type { UserRow } from '../../store/users/users.ts';
import { accountRolesOf } from '../access/account-role.ts';
import type { Change } from '../change/change.ts';
import { lockUsers } from '../context/lock-users.ts';

/**
 * Takes away what rows of a review tell of, of users who are locked here, and answers what came of each; one whose
 * grant is not there any more has ended by itself. Throws `refused` when a rule of the workspace forbids it for one of
 * them: then nothing is changed.
 */
export async function takeAway(
  c: Change,
  review: LockedReview,
  rows: readonly PendingRow[],
): Promise<readonly RowOutcome[]> {
  const ids = [...new Set(rows.map((row) => row.user_id))];
  const users = new Map((await lockUsers(c, ids)).map((user) => [user.id, user]));
  const numbers = rows.map((row) => row.number);
  const found = takenWith(await grantsToTake(c.scope, review.id, numbers));
  const events = new Map([...found.keys()].map((number) => [number, newId<EventId>()]));
  const taken = [...found.values()].flat();
  const before = await accountRolesOf(c, accountHolders(taken));
  if (taken.length > 0) {
    await c.guard([...new Set(taken.map((grant) => grant.user_id))]);
    await endGrantsBy(c.scope, [...endedBy(found, events)], c.at);
  }
  const after = await accountRolesOf(c, [...before.keys()]);
  for (const [number, grants] of found) {
    const user = users.get(grants[0].user_id) as UserRow;
    const roles = { before: before.get(user.id), after: after.get(user.id) };
    record(c, review, user, grants[0], roles, events.get(number) as EventId);
  }
  return numbers.map((number) => outcomeOf(number, events.get(number)));
}

/** A row's own grant, and what was hidden under it. */
type Taken = readonly [TakenGrant, ...TakenGrant[]];

/** What goes with each row whose own grant is there. What is hidden under two rows goes with the first. */
function takenWith(grants: readonly TakenGrant[]): ReadonlyMap<number, Taken> {
  const found = new Map<number, [TakenGrant, ...TakenGrant[]]>();
  const seen = new Set<GrantId>();
  for (const grant of grants) {
    const taken = found.get(grant.number);
    if (!taken && grant.is_own) found.set(grant.number, [grant]);
    else if (taken && !seen.has(grant.id)) taken.push(grant);
    else continue;
    seen.add(grant.id);
  }
  return found;
}

function* endedBy(found: ReadonlyMap<number, Taken>, events: ReadonlyMap<number, EventId>) {
  for (const [number, grants] of found) {
    for (const { id } of grants) yield { id, eventId: events.get(number) as EventId };
  }
}

function accountHolders(taken: readonly TakenGrant[]): UserId[] {
  const holders = taken.filter((grant) => grant.kind === 'account_role').map((grant) => grant.user_id);
  return [...new Set(holders)];
}

interface Roles {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The events are those of an admin who does it by hand; the review stands beside them. */
function record(
  c: Change,
  review: LockedReview,
  user: UserRow,
  grant: TakenGrant,
  roles: Roles,
  eventId: EventId,
): void {
  const target = { kind: 'user', id: user.id, name: user.user_name } as const;
  const common = { target, related: review.id };
  if (grant.kind === 'account_role') {
    const [before, after] = [{ accountRole: roles.before }, { accountRole: roles.after }];
    c.record({ ...common, action: 'user.account_role_set', before, after }, { id: eventId });
  } else if (grant.kind === 'project_role') {
    const before = { project: grant.project, role: grant.role };
    c.record({ ...common, action: 'user.project_role_removed', before }, { id: eventId });
  } else {
    const before = { product: grant.product, license: grant.license };
    c.record({ ...common, action: 'user.license_removed', before }, { id: eventId });
  }
}

function outcomeOf(number: number, eventId: EventId | undefined): RowOutcome {
  if (!eventId) return { number, outcome: 'already_ended', reason: null, eventId: null };
  return { number, outcome: 'revoked', reason: null, eventId };
}
