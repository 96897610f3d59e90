import sql, { type Sql } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';
import type { AsOf } from '../sql/as-of.ts';
import { ACCOUNT_RANKS, accountRank, held, type Only } from './effective.ts';

/** True for a group of grants `h` of one user whose highest account role is billing manager. */
const IS_HIGHEST = sql`max(${accountRank(sql`h.account_role`)}) = ${ACCOUNT_RANKS.billing_manager}::integer`;

/** The users, of some or of all, whose highest account role is billing manager: they hold no project role. */
export function billingManagers(workspaceId: WorkspaceId, asOf: AsOf, only?: Only): Sql {
  return sql`
    select h.user_id from (${held(workspaceId, asOf, only)}) h where h.kind = 'account_role'
    group by h.user_id having ${IS_HIGHEST}`;
}

/** A user who is billing manager by the highest account role and holds a project role directly. */
export interface BillingManagerInProjects {
  readonly id: UserId;
  readonly user_name: string;
}

/** Those of some users who are billing managers with project roles of their own, which is to be refused; by their ids. */
export function billingManagersInProjects(
  scope: WriteScope,
  userIds: readonly UserId[],
): Promise<BillingManagerInProjects[]> {
  return rows(
    scope,
    sql`select u.id, u.user_name from (${held(scope.workspaceId, 'now', userIds)}) h
      join users u on u.workspace_id = ${scope.workspaceId} and u.id = h.user_id
      group by u.id, u.user_name
      having ${IS_HIGHEST} and bool_or(h.kind = 'project_role' and h.group_id is null)
      order by u.id`,
  );
}
