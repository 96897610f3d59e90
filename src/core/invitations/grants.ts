import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import { holdingsOf } from '../../store/access/effective.ts';
import { catalogueNames } from '../../store/catalog/names.ts';
import { scopeOf } from '../../store/db/scope.ts';
import { type AccountRole, accountRoleOf } from '../access/effective.ts';
import type { Core } from '../context/core.ts';

/** What an invitee will have, by display names. */
export interface NamedGrants {
  readonly accountRole: AccountRole;
  readonly products: readonly { readonly name: string; readonly license: string }[];
  readonly projects: readonly { readonly name: string; readonly role: string }[];
}

/** What a pending user will have once active, by invitation and through groups. */
export async function getNamedGrants(
  core: Core,
  workspaceId: WorkspaceId,
  userId: UserId,
): Promise<NamedGrants> {
  const holdings = await holdingsOf(scopeOf(core.db, workspaceId), [userId]);
  const of = (kind: string) => holdings.filter((holding) => holding.kind === kind);
  const projects = of('project_role');
  const names = await catalogueNames(
    scopeOf(core.db, workspaceId),
    projects.map((project) => project.target),
  );
  const named = (kind: string, key: string, parent: string | null = null) =>
    names.find((row) => row.kind === kind && row.key === key && row.parent === parent);
  return {
    accountRole: accountRoleOf(of('account_role')[0]?.level),
    products: of('entitlement').map(({ target, level }) => {
      const license = named('license', level, target);
      return { name: license?.parent_name ?? target, license: license?.name ?? level };
    }),
    projects: projects.map(({ target, level }) => ({
      name: named('project', target)?.name ?? target,
      role: named('role', level)?.name ?? level,
    })),
  };
}
