import type { UserId } from '../../lib/ids.ts';
import * as store from '../../store/access/conflicts.ts';
import type { AsOf } from '../../store/sql/as-of.ts';
import { withNext } from '../../store/sql/keyset-page.ts';
import { itemsOf } from '../../store/sql/sized-page.ts';
import type { Context } from '../context/context.ts';
import { ACCOUNT_ROLES } from './effective.ts';

export type { ConflictPosition } from '../../store/access/conflicts.ts';

/** Something that was pushed, granted or mapped to a user and gives nothing, with the reason and the remedy. */
export type Conflict = store.ConflictRow & {
  /** A sentence or two for the admin. */
  readonly reason: string;
};

/** A page of everybody's conflicts, by user name. The search looks at user names and values. */
export async function listConflicts(
  ctx: Context,
  page: {
    readonly limit: number;
    readonly after?: store.ConflictPosition | undefined;
    readonly search?: string | undefined;
  },
): Promise<{ items: readonly Conflict[]; next: store.ConflictPosition | null }> {
  const found = await store.listConflicts(ctx.scope, { ...page, limit: page.limit + 1 });
  const { items, next } = withNext(itemsOf(found, page.limit), positionOf);
  return { items: items.map(withReason), next };
}

/** The conflicts of one user, `most` of them. */
export async function conflictsOf(
  ctx: Context,
  userId: UserId,
  moment: AsOf,
  most: number,
): Promise<Conflict[]> {
  return (await store.conflictsOf(ctx.scope, userId, moment, most)).map(withReason);
}

function positionOf({ user_name, user_id, place }: store.ConflictRow): store.ConflictPosition {
  return { userName: user_name, userId: user_id, place };
}

function withReason(row: store.ConflictRow): Conflict {
  return { ...row, reason: reasonOf(row) };
}

function reasonOf(row: store.ConflictRow): string {
  const { code, value } = row;
  switch (code) {
    case 'unknown_role':
      return (
        `"${value}" is neither an account role (${ACCOUNT_ROLES.join(', ')}) nor PROJECT:ROLE with a project and ` +
        'a role of this workspace. Push a value that is, or make the project or the role.'
      );
    case 'unknown_entitlement':
      return (
        `"${value}" is neither PRODUCT nor PRODUCT:LICENSE with a product and a license of this workspace. ` +
        'Push a value that is, or add the license to the product.'
      );
    case 'unknown_organization':
      return (
        `There is no organization "${value}", so the user belongs to none. ` +
        'Make it, or push the key of one that there is.'
      );
    case 'billing_manager':
      return (
        `A billing manager holds no project role, so "${value}"${through(row)} is left out. ` +
        `Give the user another account role, or ${remedy(row, 'take the project role away')}.`
      );
    case 'product_off':
      return (
        `The product of "${value}" is switched off, so the license${through(row)} gives nothing. ` +
        `Switch the product on, or ${remedy(row, 'take the license away')}.`
      );
  }
}

function through({ group_name }: store.ConflictRow): string {
  return group_name === null ? '' : ` through the group "${group_name}"`;
}

function remedy({ source }: store.ConflictRow, direct: string): string {
  if (source === 'group') return 'take the user out of the group or change what the group gives';
  return source === 'pushed' ? `${direct} at the identity provider` : direct;
}
