import { notFound } from '../errors.ts';
import { asId, type GroupId, type UserId } from '../ids.ts';
import { accessOf, holdingsOf, type Holding } from '../store/access.ts';
import * as store from '../store/directory.ts';
import type { InvitationRow } from '../store/invitations.ts';
import { machinesOf, type MachineRow } from '../store/machines.ts';
import type { Moment } from '../store/moment.ts';
import { asAccess, DEFAULT_ACCOUNT_ROLE, type Access, type AccountRole } from './access.ts';
import { momentOf } from './as-of.ts';
import type { Caller } from './caller.ts';
import { conflictsOf, type Conflict } from './conflicts.ts';
import type { Core } from './core.ts';
import { pendingInvitationOf } from './invitations/list.ts';
import type { KeysetPage, Page } from './keyset.ts';

export type { DirectoryFilter, DirectorySort } from '../store/directory.ts';

/** What a user has or, while pending or inactive, would have if active: what admins decide about. */
export interface Holdings {
  /** The highest of all that are granted. */
  readonly accountRole: AccountRole;
  /** `PRODUCT:LICENSE`, by keys. */
  readonly licenses: readonly string[];
  /** By keys; the highest role in each. */
  readonly projects: readonly { readonly project: string; readonly role: string }[];
}

/** A user as the directory lists it. */
export interface DirectoryItem extends Holdings {
  readonly user: store.DirectoryRow;
}

/** Everything about one user. */
export interface UserDetail extends Holdings {
  readonly user: store.DirectoryEntry;
  readonly groups: readonly { readonly id: GroupId; readonly display_name: string; readonly since: Date }[];
  /** Effective: nothing unless the user is active. */
  readonly access: Access;
  readonly conflicts: readonly Conflict[];
  /** The invitation that the user can accept. */
  readonly invitation: InvitationRow | undefined;
  readonly machines: readonly MachineRow[];
}

/**
 * A page of the directory. A filter by product or project finds whom the page shows with it: also pending and
 * inactive users who would have it; `statuses` narrows. Keys that name nothing find nobody. With `asOf` all of it, keys
 * and order too, is as it was then. Throws `invalid` (asOf).
 */
export async function listDirectory(
  core: Core,
  caller: Caller,
  filter: store.DirectoryFilter,
  page: KeysetPage<store.DirectorySort>,
  asOf?: Date,
): Promise<Page<DirectoryItem>> {
  const moment = await momentOf(core, asOf);
  const { items, next } = await store.listDirectory(core.db, caller.workspaceId, filter, page, moment);
  const held = new Map(items.map((user): [UserId, Holding[]] => [user.id, []]));
  for (const holding of await holdings(core, caller, items, moment)) held.get(holding.user_id)?.push(holding);
  return { items: items.map((user) => ({ user, ...asHoldings(held.get(user.id) ?? []) })), next };
}

function holdings(
  core: Core,
  caller: Caller,
  users: readonly { readonly id: UserId }[],
  moment: Moment,
): Promise<Holding[]> {
  const ids = users.map((user) => user.id);
  return ids.length === 0 ? Promise.resolve([]) : holdingsOf(core.db, caller.workspaceId, ids, moment);
}

function asHoldings(held: readonly Holding[]): Holdings {
  const of = (kind: Holding['kind']) => held.filter((holding) => holding.kind === kind);
  return {
    accountRole: (of('account_role')[0]?.level as AccountRole | undefined) ?? DEFAULT_ACCOUNT_ROLE,
    licenses: of('entitlement').map((holding) => `${holding.target}:${holding.level}`),
    projects: of('project_role').map((holding) => ({ project: holding.target, role: holding.level })),
  };
}

/**
 * Everything about one user, also one whom SCIM no longer shows, now or as of a time that has passed. Throws `not_found`,
 * also for a user who was not there yet, and `invalid` (asOf).
 */
export async function userDetail(core: Core, caller: Caller, id: string, asOf?: Date): Promise<UserDetail> {
  const { workspaceId } = caller;
  const moment = await momentOf(core, asOf);
  const userId = asId<UserId>(id);
  const user = userId && (await store.findEntry(core.db, workspaceId, userId, moment));
  if (!user) throw notFound('user', id);
  return {
    user,
    ...asHoldings(await holdings(core, caller, [user], moment)),
    groups: await store.groupsSince(core.db, workspaceId, user.id, moment),
    access: asAccess(await accessOf(core.db, workspaceId, [user.id], moment)),
    conflicts: await conflictsOf(core, caller, user.id, moment),
    invitation: await pendingInvitationOf(core, caller, user.id, moment),
    machines: await machinesOf(core.db, workspaceId, user.id, moment),
  };
}
