import { RollcallError } from '../../lib/errors.ts';
import type { EventId, UserId } from '../../lib/ids.ts';
import { billingManagersInProjects } from '../../store/access/billing-managers.ts';
import { endGrantsBy } from '../../store/access/direct-grants.ts';
import { ACCOUNT_RANKS } from '../../store/access/effective.ts';
import { type HeldWay, waysHeld } from '../../store/access/grant-sources.ts';
import { givenGrants, openDirectGrants } from '../../store/access/manual-grants.ts';
import type { UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import { type AccountRole, DEFAULT_ACCOUNT_ROLE } from './effective.ts';
import { elsewhere } from './grant-origin.ts';
import { LAST_OWNER, leavesAnOwner } from './last-owner.ts';

/** What came of giving users an account role. With any problem the change must be refused. */
export interface RolesSet {
  readonly changed: readonly UserId[];
  /** Why a user can't have the role, in a sentence or two. */
  readonly problems: ReadonlyMap<UserId, string>;
}

/**
 * Gives locked users an account role: afterwards it is the one that counts. What was given here makes way for it;
 * what comes through groups or was pushed stands beside it, and is a problem where it counts more. So are the last
 * owner, and a billing manager with project roles. `member` is what everybody is, so it is no grant.
 */
export async function setAccountRoles(
  c: Change,
  users: readonly UserRow[],
  role: AccountRole,
): Promise<RolesSet> {
  const before = highestRoles(await waysOf(c, users));
  const changing = users.filter((user) => roleIn(before, user) !== role);
  const problems = new Map<UserId, string>();
  if (changing.length === 0) return { changed: [], problems };
  await give(c, changing, role, before);

  const ways = await waysOf(c, changing);
  const after = highestRoles(ways);
  const ids = changing.map((user) => user.id);
  const inProjects = new Set((await billingManagersInProjects(c.scope, ids)).map(({ id }) => id));
  for (const user of changing) {
    const now = roleIn(after, user);
    if (now !== role) problems.set(user.id, countsMore(user, now, ways));
    else if (inProjects.has(user.id)) problems.set(user.id, IN_PROJECTS);
  }
  const owners = changing.filter((user) => user.status === 'active' && roleIn(before, user) === 'owner');
  if (owners.length > 0 && !(await leavesAnOwner(c))) {
    for (const owner of owners) problems.set(owner.id, LAST_OWNER);
  }
  return { changed: ids, problems };
}

const IN_PROJECTS =
  'A billing manager holds no project role. Take the project roles away first, or give another account role.';

/** Gives one locked user an account role. Throws `refused`. */
export async function setAccountRole(c: Change, user: UserRow, role: AccountRole): Promise<void> {
  const { problems } = await setAccountRoles(c, [user], role);
  const problem = problems.get(user.id);
  if (problem !== undefined) throw new RollcallError('refused', problem);
}

/** The account role that counts of each of some users, also of those who have none but the default. */
export async function accountRolesOf(
  c: Change,
  ids: readonly UserId[],
): Promise<ReadonlyMap<UserId, AccountRole>> {
  if (ids.length === 0) return new Map();
  const highest = highestRoles(await waysHeld(c.scope, ids, 'account_role'));
  return new Map(ids.map((id) => [id, highest.get(id) ?? DEFAULT_ACCOUNT_ROLE]));
}

function waysOf(c: Change, users: readonly UserRow[]): Promise<HeldWay[]> {
  const ids = users.map((user) => user.id);
  return waysHeld(c.scope, ids, 'account_role');
}

function highestRoles(ways: readonly HeldWay[]): ReadonlyMap<UserId, AccountRole> {
  const highest = new Map<UserId, AccountRole>();
  for (const { user_id, account_role } of ways) {
    const role = account_role as AccountRole;
    const known = highest.get(user_id);
    if (!known || ACCOUNT_RANKS[role] > ACCOUNT_RANKS[known]) highest.set(user_id, role);
  }
  return highest;
}

function roleIn(roles: ReadonlyMap<UserId, AccountRole>, user: UserRow): AccountRole {
  return roles.get(user.id) ?? DEFAULT_ACCOUNT_ROLE;
}

async function give(
  c: Change,
  users: readonly UserRow[],
  role: AccountRole,
  before: ReadonlyMap<UserId, AccountRole>,
): Promise<void> {
  const ids = users.map((user) => user.id);
  const given = (await givenGrants(c.scope, ids)).filter((grant) => grant.kind === 'account_role');
  const events = new Map<UserId, EventId>(
    users.map((user) => [
      user.id,
      c.record({
        action: 'user.account_role_set',
        target: { kind: 'user', id: user.id, name: user.user_name },
        before: { accountRole: roleIn(before, user) },
        after: { accountRole: role },
      }),
    ]),
  );
  const ended = given
    .filter((grant) => grant.account_role !== role)
    .flatMap(({ id, user_id }) => ({ id, eventId: events.get(user_id) as EventId }));
  await endGrantsBy(c.scope, ended, c.at);
  if (role === DEFAULT_ACCOUNT_ROLE) return;
  const kept = new Set(given.filter((grant) => grant.account_role === role).map((grant) => grant.user_id));
  const opened = ids
    .filter((id) => !kept.has(id))
    .map((id) => ({
      ...{ kind: 'account_role' as const, account_role: role, project_id: null, role_id: null },
      ...{ license_id: null, user_id: id, source: 'admin' as const, since_event: events.get(id) as EventId },
    }));
  await openDirectGrants(c.scope, opened, c.at);
}

function countsMore(user: UserRow, role: AccountRole, ways: readonly HeldWay[]): string {
  const theirs = ways.filter(({ user_id, account_role }) => user_id === user.id && account_role === role);
  const { through, remedy } = elsewhere(theirs) ?? { through: 'already', remedy: '' };
  return `"${user.user_name}" is made ${NAMES[role]} ${through}, and the highest account role counts. ${remedy}`;
}

const NAMES: Readonly<Record<AccountRole, string>> = {
  owner: 'an owner',
  admin: 'an admin',
  billing_manager: 'a billing manager',
  member: 'a member',
};
