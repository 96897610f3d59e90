import { invalid, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { setAccountRoles } from '../access/account-role.ts';
import type { AccountRole } from '../access/effective.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { describeRemoval, lockUsers } from '../context/lock-users.ts';
import { lockForRemoval, removeLockedUsers } from './remove.ts';

/** The result of a bulk action; users who were in the requested state already are unchanged. */
export interface BulkResult {
  readonly changed: readonly UserId[];
  readonly unchanged: readonly UserId[];
}

const MAX_USERS = 500;

/**
 * Removes users as an identity provider's DELETE does, all of them or none. Throws `invalid` for too many, and
 * `not_found` and `refused` (last owner) with an entry for each user who can't be removed.
 */
export function removeUsers(ctx: Context, ids: readonly string[]): Promise<BulkResult> {
  const requested = parseIds(ids);
  return change(ctx, async (c) => {
    const removalSet = await lockForRemoval(c, requested.known);
    const users = removalSet.users.filter((user) => !user.deleted_at);
    await removeLockedUsers(c, { ...removalSet, users }, 'user.removed');
    const problems = (await c.refusals()).flatMap(({ userIds, message }) =>
      userIds.map((id) => [id, message] as const),
    );
    assertNoProblems(requested, new Map(problems), removalSet.users);
    return toResult(
      requested,
      users.map((user) => user.id),
    );
  });
}

/**
 * Gives users an account role, all of them or none. Throws `invalid` for too many, and, with an entry for each user who
 * can't have it, `not_found` and `refused` (last owner, billing manager with project roles, a higher role through a
 * group, removed).
 */
export function setAccountRoleOfUsers(
  ctx: Context,
  ids: readonly string[],
  role: AccountRole,
): Promise<BulkResult> {
  const requested = parseIds(ids);
  return change(ctx, async (c) => {
    const users = await lockUsers(c, requested.known);
    const removed = users.flatMap((user) => {
      const why = describeRemoval(user);
      return why === undefined ? [] : [[user.id, why] as const];
    });
    const present = users.filter((user) => !user.deleted_at);
    const { changed, problems } = await setAccountRoles(c, present, role);
    assertNoProblems(requested, new Map([...problems, ...removed]), users);
    return toResult(requested, changed);
  });
}

interface RequestedIds {
  /** As they were requested for, each once. */
  readonly ids: readonly string[];
  readonly known: readonly UserId[];
}

function parseIds(ids: readonly string[]): RequestedIds {
  const requested = [...new Set(ids.map((id) => asId<UserId>(id) ?? id))];
  if (requested.length > MAX_USERS) throw invalid('ids', `At most ${MAX_USERS} users are changed at once.`);
  return { ids: requested, known: requested.flatMap((id) => asId<UserId>(id) ?? []) };
}

/** Throws one error that names every user who can't be changed. */
function assertNoProblems(
  { ids }: RequestedIds,
  problems: ReadonlyMap<string, string>,
  users: readonly { readonly id: UserId }[],
): void {
  const there = new Set<string>(users.map((user) => user.id));
  const refused = ids.flatMap((id) => {
    const reason = there.has(id) ? problems.get(id) : 'There is no such user in this workspace.';
    return reason === undefined ? [] : [{ field: 'ids', message: `${id.slice(0, 64)}: ${reason}` }];
  });
  const [first] = refused;
  if (!first) return;
  const more = refused.length === 1 ? '' : ` And ${refused.length - 1} more; see errors.`;
  const kind = problems.size === 0 ? 'not_found' : 'refused';
  throw new RollcallError(kind, `Nothing was changed. ${first.message}${more}`, { fields: refused });
}

function toResult({ known }: RequestedIds, changed: readonly UserId[]): BulkResult {
  const changedIds = new Set(changed);
  return {
    changed: known.filter((id) => changedIds.has(id)),
    unchanged: known.filter((id) => !changedIds.has(id)),
  };
}
