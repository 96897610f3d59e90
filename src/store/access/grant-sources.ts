import sql, { type Sql } from 'sql-template-tag';
import type { ProductId, ProjectId, UserId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { Scope, WriteScope } from '../db/scope.ts';
import { held, type Only } from './effective.ts';

/** One way by which a user has something, whatever the user's status. */
export interface HeldWay {
  readonly user_id: UserId;
  readonly kind: 'account_role' | 'project_role' | 'entitlement';
  readonly account_role: string | null;
  readonly project_id: ProjectId | null;
  /** The product of the license. */
  readonly product_id: ProductId | null;
  /** Of a direct grant: who gave it. */
  readonly source: 'admin' | 'invitation' | 'pushed' | null;
  /** The group through which it is had. */
  readonly group_name: string | null;
}

/** All ways by which some users have anything of a kind, highest or not. */
export function waysHeld(
  scope: WriteScope,
  userIds: readonly UserId[],
  kind: HeldWay['kind'],
): Promise<HeldWay[]> {
  return rows(
    scope,
    sql`select h.user_id, h.kind, h.account_role, h.project_id, l.product_id, h.source, g.display_name as group_name
      from (${held(scope.workspaceId, 'now', userIds)}) h
      left join licenses l on l.workspace_id = ${scope.workspaceId} and l.id = h.license_id
      left join groups g on g.workspace_id = ${scope.workspaceId} and g.id = h.group_id
      where h.kind = ${kind}
      order by h.user_id, h.source nulls last, lower(g.display_name) collate "C"`,
  );
}

/** A user who holds licenses of more than one product, whichever ways they are had. */
export interface HolderOfSeveral {
  readonly user_id: UserId;
  readonly user_name: string;
  readonly products: readonly string[];
}

/** Those of some users, or of all, who hold licenses of more than one product. `groupGrants` stands in place of that table. */
export function holdersOfSeveral(scope: Scope, only: Only, groupGrants?: Sql): Promise<HolderOfSeveral[]> {
  return rows(
    scope,
    sql`select u.id as user_id, u.user_name, array_agg(distinct l.product_id::text) as products
      from (${held(scope.workspaceId, 'now', only, groupGrants)}) h
      join licenses l on l.workspace_id = ${scope.workspaceId} and l.id = h.license_id
      join users u on u.workspace_id = ${scope.workspaceId} and u.id = h.user_id
      group by u.id, u.user_name having count(distinct l.product_id) > 1
      order by lower(u.user_name) collate "C", u.id`,
  );
}
