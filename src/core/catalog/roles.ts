import { invalid, RollcallError } from '../../lib/errors.ts';
import { newId, type RoleId } from '../../lib/ids.ts';
import type { RoleRow, RoleSort, RoleState } from '../../store/catalog/roles.ts';
import * as store from '../../store/catalog/roles.ts';
import { resolveAgain } from '../access/mapping.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { diffFields } from '../shared/diff.ts';
import { assertKey, assertName, isSameKey } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { rulesFollow } from './rename-in-rules.ts';

export type { RoleRow as Role, RoleSort } from '../../store/catalog/roles.ts';

/** What may be said of a role; a new one needs a rank. */
export interface RoleInput {
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  /** The highest of a user's roles in a project counts, so no two roles have the same. */
  readonly rank?: number | undefined;
}

const MAX_RANK = 1_000_000;

function isRank(rank: number): boolean {
  return Number.isInteger(rank) && rank >= 0 && rank <= MAX_RANK;
}

/** A page of the workspace's project roles. */
export function listRoles(ctx: Context, page: KeysetPage<RoleSort>): Promise<Page<RoleRow>> {
  return store.listRoles(ctx.scope, page);
}

/** Changes the role of a key, or makes it. Throws `invalid`, `taken`. */
export function putRole(
  ctx: Context,
  key: string,
  input: RoleInput,
): Promise<{ role: RoleRow; created: boolean }> {
  if (input.key !== undefined) assertKey(input.key);
  if (input.name !== undefined) assertName(input.name);
  if (!isRank(input.rank ?? 0)) throw invalid('rank', `A rank is a whole number from 0 to ${MAX_RANK}.`);
  return change(
    ctx,
    async (c) => {
      const current = await store.findRole(c.scope, key);
      if (!current) return { role: await create(c, key, input), created: true };
      return { role: await update(c, current, input), created: false };
    },
    { mode: 'exclusive' },
  );
}

async function create(c: Change, key: string, input: RoleInput): Promise<RoleRow> {
  assertKey(key);
  if (input.key !== undefined && !isSameKey(input.key, key)) {
    throw invalid('key', `There is no role "${key}" to give another key; leave the key out to make it.`);
  }
  if (input.rank === undefined) {
    throw invalid('rank', `There is no role "${key}"; to make it, say its rank among the others.`);
  }
  const state = { key: input.key ?? key, name: input.name ?? key, rank: input.rank };
  await checkRank(c, state.rank);
  const created = await store.insertRole(c.scope, newId<RoleId>(), state, c.at);
  await resolveAgain(c, c.record({ action: 'role.created', target: target(created), after: state }));
  return created;
}

async function update(c: Change, current: RoleRow, input: RoleInput): Promise<RoleRow> {
  const before: RoleState = { key: current.key, name: current.name, rank: current.rank };
  const state: RoleState = {
    key: input.key ?? current.key,
    name: input.name ?? current.name,
    rank: input.rank ?? current.rank,
  };
  const changed = diffFields(before, state);
  if (!changed) return current;
  if (changed.after.rank !== undefined) await checkRank(c, state.rank);
  c.advanceClock(current.updated_at);
  const updated = await store.updateRole(c.scope, current.id, state, c.at);
  const eventId = c.record({ action: 'role.updated', target: target(updated), ...changed });
  if (changed.after.key !== undefined) {
    await rulesFollow(c, 'role', current.key, updated.key);
    await resolveAgain(c, eventId);
  }
  return updated;
}

// Two roles of one rank would both count, and a user would have two in one project.
async function checkRank(c: Change, rank: number): Promise<void> {
  const other = await store.findRoleOfRank(c.scope, rank);
  if (!other) return;
  const message = `The role "${other.key}" has rank ${rank} already; choose another.`;
  throw new RollcallError('taken', message, { fields: [{ field: 'rank', message }] });
}

function target({ id, key }: RoleRow) {
  return { kind: 'role', id, name: key } as const;
}
