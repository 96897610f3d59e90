import { notFound } from '../../lib/errors.ts';
import { asId, type GroupId, type UserId } from '../../lib/ids.ts';
import { accessOf, type Holding, holdingsOf } from '../../store/access/effective.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import * as store from '../../store/users/directory.ts';
import { type MachineRow, machinesOf } from '../../store/users/machines.ts';
import { type Conflict, conflictsOf } from '../access/conflicts.ts';
import { type Access, type AccountRole, accountRoleOf, asAccess, isCut } from '../access/effective.ts';
import type { Context } from '../context/context.ts';
import { pendingInvitationOf } from '../invitations/list.ts';
import { resolveAsOf } from '../shared/as-of.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { loadPageParts } from '../shared/page-parts.ts';

export type { DirectoryFilter, DirectorySort } from '../../store/users/directory.ts';

/** What a user has or, while pending or inactive, would have if active. */
export interface Holdings {
  /** The highest granted role. */
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
  /** The lists that are incomplete. */
  readonly truncated: readonly TruncatableList[];
}

/**
 * A page of the directory. A filter by product or project also matches pending and inactive users who would have it,
 * unless `statuses` excludes them; unknown keys match nobody. With `asOf` everything, including keys and order, is as
 * it was then. Throws `invalid` (asOf).
 */
export async function listDirectory(
  ctx: Context,
  filter: store.DirectoryFilter,
  page: KeysetPage<store.DirectorySort>,
  asOf?: Date,
): Promise<Page<DirectoryItem>> {
  const moment = await resolveAsOf(ctx.core.db, asOf);
  const { items, next, partsOf } = await loadPageParts(
    await store.listDirectory(ctx.scope, filter, page, moment),
    (ids, limit) => holdingsOf(ctx.scope, ids, moment, limit),
    (holding) => holding.user_id,
  );
  return { items: items.map((user) => ({ user, ...toHoldings(partsOf(user.id)) })), next };
}

function toHoldings(holdings: readonly Holding[]): Holdings {
  const of = (kind: Holding['kind']) => holdings.filter((holding) => holding.kind === kind);
  return {
    accountRole: accountRoleOf(of('account_role')[0]?.level),
    licenses: of('entitlement').map((holding) => `${holding.target}:${holding.level}`),
    projects: of('project_role').map((holding) => ({ project: holding.target, role: holding.level })),
  };
}

/** How many entries of each list a user's record includes; the full lists have endpoints of their own. */
const LIMITS = { groups: 5_000, conflicts: 1_000, machines: 1_000 } as const;

/** The lists of a user's record that may be truncated. */
export type TruncatableList = keyof typeof LIMITS | 'access';

/**
 * Everything about one user, including users hidden from SCIM, now or as of a past time. Throws `not_found`, also for a
 * user who did not exist yet, and `invalid` (asOf).
 */
export async function getUserDetail(ctx: Context, id: string, asOf?: Date): Promise<UserDetail> {
  const moment = await resolveAsOf(ctx.core.db, asOf);
  const userId = asId<UserId>(id);
  const user = userId && (await store.findEntry(ctx.scope, userId, moment));
  if (!user) throw notFound('user', id);
  // One more than is returned, to detect truncation.
  const holdings = await holdingsOf(ctx.scope, [user.id], moment);
  const groups = await store.groupsSince(ctx.scope, user.id, moment, LIMITS.groups + 1);
  const access = await accessOf(ctx.scope, [user.id], moment);
  const conflicts = await conflictsOf(ctx, user.id, moment, LIMITS.conflicts + 1);
  const machines = await machinesOf(ctx.scope, user.id, moment, LIMITS.machines + 1);
  return {
    user,
    ...toHoldings(holdings),
    groups: groups.slice(0, LIMITS.groups),
    access: asAccess(access),
    conflicts: conflicts.slice(0, LIMITS.conflicts),
    invitation: await pendingInvitationOf(ctx, user.id, moment),
    machines: machines.slice(0, LIMITS.machines),
    truncated: [
      ...(groups.length > LIMITS.groups ? (['groups'] as const) : []),
      ...(isCut(access) ? (['access'] as const) : []),
      ...(conflicts.length > LIMITS.conflicts ? (['conflicts'] as const) : []),
      ...(machines.length > LIMITS.machines ? (['machines'] as const) : []),
    ],
  };
}
