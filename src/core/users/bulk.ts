import { invalid, RollcallError } from '../../lib/errors.ts';
import { asId, type UserId } from '../../lib/ids.ts';
import { setAccountRoles } from '../access/account-role.ts';
import type { AccountRole } from '../access/effective.ts';
import { change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { lockUsers, describeRemoval } from '../context/lock-users.ts';
import { lockLeaving, removeLocked } from './remove.ts';

/** What a change of many users did; whoever was so already is unchanged. */
export interface ManyChanged {
  readonly changed: readonly UserId[];
  readonly unchanged: readonly UserId[];
}

const MOST = 500;

/**
 * Removes users as an identity provider's DELETE does, all of them or none. Throws `invalid` for too many, and, naming
 * each who can't be, `not_found` and `refused` (last owner).
 */
export function removeUsers(ctx: Context, ids: readonly string[]): Promise<ManyChanged> {
  const asked = distinct(ids);
  return change(ctx, async (c) => {
    const leaving = await lockLeaving(c, asked.known);
    const users = leaving.users.filter((user) => !user.deleted_at);
    await removeLocked(c, { ...leaving, users }, 'user.removed');
    const problems = (await c.refusals()).flatMap(({ userIds, message }) =>
      userIds.map((id) => [id, message] as const),
    );
    refuseNamed(asked, new Map(problems), leaving.users);
    return answer(
      asked,
      users.map((user) => user.id),
    );
  });
}

/**
 * Gives users an account role, all of them or none. Throws `invalid` for too many, and, naming each who can't have it,
 * `not_found` and `refused` (last owner, billing manager with project roles, a higher role through a group, removed).
 */
export function setAccountRoleOfMany(
  ctx: Context,
  ids: readonly string[],
  role: AccountRole,
): Promise<ManyChanged> {
  const asked = distinct(ids);
  return change(ctx, async (c) => {
    const users = await lockUsers(c, asked.known);
    const gone = users.flatMap((user) => {
      const why = describeRemoval(user);
      return why === undefined ? [] : [[user.id, why] as const];
    });
    const present = users.filter((user) => !user.deleted_at);
    const { changed, problems } = await setAccountRoles(c, present, role);
    refuseNamed(asked, new Map([...problems, ...gone]), users);
    return answer(asked, changed);
  });
}

interface Asked {
  /** As they were asked for, each once. */
  readonly ids: readonly string[];
  readonly known: readonly UserId[];
}

function distinct(ids: readonly string[]): Asked {
  const asked = [...new Set(ids.map((id) => asId<UserId>(id) ?? id))];
  if (asked.length > MOST) throw invalid('ids', `At most ${MOST} users are changed at once.`);
  return { ids: asked, known: asked.flatMap((id) => asId<UserId>(id) ?? []) };
}

/** Throws one error that names every user who can't be changed. */
function refuseNamed(
  { ids }: Asked,
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

function answer({ known }: Asked, changed: readonly UserId[]): ManyChanged {
  const done = new Set(changed);
  return {
    changed: known.filter((id) => done.has(id)),
    unchanged: known.filter((id) => !done.has(id)),
  };
}
