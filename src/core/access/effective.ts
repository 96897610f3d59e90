import { notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type GroupId, type UserId } from '../../lib/ids.ts';
import { accessOf, type AccessRow, type CountedWays } from '../../store/access/effective.ts';
import type { AsOf } from '../../store/sql/as-of.ts';
import { type NamedUser, userOfId, usersNamed } from '../../store/users/directory.ts';
import type { Context } from '../context/context.ts';
import { resolveAsOf } from '../shared/as-of.ts';
import { prepareAddress, prepareUserName } from '../shared/user-name.ts';

/** One way by which something is had, since when without a break, and who gave it. */
export type Via =
  | {
      readonly type: 'direct';
      readonly source: 'admin' | 'invitation' | 'pushed';
      readonly since: Date;
      readonly by: string;
    }
  | {
      readonly type: 'group';
      readonly group: { readonly id: GroupId; readonly displayName: string };
      /** Written on the group, or given by the rule that reads its name. */
      readonly mapping: 'own' | 'rule';
      readonly rule: string | null;
      readonly since: Date;
      readonly by: string;
    };

export const ACCOUNT_ROLES = ['owner', 'admin', 'billing_manager', 'member'] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** The account role of whoever is granted none. */
export const DEFAULT_ACCOUNT_ROLE: AccountRole = 'member';

/** A user's account role by the highest that is granted, if one is. */
export function accountRoleOf(granted: string | null | undefined): AccountRole {
  return (granted ?? DEFAULT_ACCOUNT_ROLE) as AccountRole;
}

/** Effective access (contract section 1), by keys and names, in the order of the keys. */
export interface Access {
  readonly accountRole: { readonly role: AccountRole; readonly via: readonly Via[] };
  readonly projects: readonly {
    readonly project: string;
    readonly name: string;
    readonly role: string;
    readonly via: readonly Via[];
  }[];
  readonly products: readonly {
    readonly product: string;
    readonly name: string;
    readonly license: string;
    readonly via: readonly Via[];
  }[];
}

/**
 * The effective access of one user, named by id, user name or address, without regard to case; now, or as of a time
 * that has passed. A pending or inactive user has none, and the status says why. Throws `not_found`, `invalid` (asOf),
 * and `refused` for an address of several users none of whom is the only one not inactive.
 */
export async function accessOfUser(
  ctx: Context,
  named: string,
  asOf?: Date,
): Promise<{ user: NamedUser; access: Access; isWhole: boolean }> {
  const moment = await resolveAsOf(ctx.core.db, asOf);
  const user = await userNamed(ctx, named, moment);
  const rows = await accessOf(ctx.scope, [user.id], moment);
  return { user, access: asAccess(rows), isWhole: !isCut(rows) };
}

/**
 * The user whom an id, a user name or an address means. Throws `not_found`, and `refused` for an address of several
 * users none of whom is the only one not inactive.
 */
export async function userNamed(ctx: Context, named: string, moment: AsOf = 'now'): Promise<NamedUser> {
  const id = asId<UserId>(named);
  const byId = id && (await userOfId(ctx.scope, id, moment));
  if (byId) return byId;
  const asked = { userName: prepareUserName(named), email: prepareAddress(named) };
  const found = await usersNamed(ctx.scope, asked, moment);
  const [first, second] = found;
  if (!first) throw notFound('user', named);
  const isClear = !second || first.by_name || (first.status !== 'inactive' && second.status === 'inactive');
  if (isClear) return first;
  throw new RollcallError(
    'refused',
    `Several users have the address "${named}". Ask by the id or the userName of the one you mean.`,
  );
}

/** Whether a user has things by more ways than these rows tell. */
export function isCut(rows: readonly CountedWays[]): boolean {
  return (rows[0]?.ways ?? 0) > rows.length;
}

/** One user's rows of effective access, each thing with all the ways by which it is had. */
export function asAccess(rows: readonly AccessRow[]): Access {
  const things = new Map<string, { row: AccessRow; via: Via[] }>();
  for (const row of rows) {
    const key = JSON.stringify([row.kind, row.target, row.level]);
    const thing = things.get(key);
    if (thing) thing.via.push(asVia(row));
    else things.set(key, { row, via: [asVia(row)] });
  }
  const all = [...things.values()];
  const of = (kind: AccessRow['kind']) => all.filter(({ row }) => row.kind === kind);
  const account = of('account_role')[0];
  return {
    accountRole: {
      role: accountRoleOf(account?.row.level),
      via: account?.via ?? [],
    },
    projects: of('project_role').map(({ row, via }) => ({
      project: row.target,
      name: row.target_name,
      role: row.level,
      via,
    })),
    products: of('entitlement').map(({ row, via }) => ({
      product: row.target,
      name: row.target_name,
      license: row.level,
      via,
    })),
  };
}

function asVia(row: AccessRow): Via {
  const { granted_at: since, granted_by: by } = row;
  if (row.via === 'direct') return { type: 'direct', source: row.source as 'admin', since, by };
  return {
    type: 'group',
    group: { id: row.group_id as GroupId, displayName: row.group_name as string },
    mapping: row.origin as 'own' | 'rule',
    rule: row.rule,
    since,
    by,
  };
}
