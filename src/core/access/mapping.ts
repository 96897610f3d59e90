import { isDeepStrictEqual } from 'node:util';
import { notFound } from '../../lib/errors.ts';
import { asId, type EventId, type GroupId, newId } from '../../lib/ids.ts';
import { resolvePushedAgain } from '../../store/access/direct-grants.ts';
import {
  type GroupGrantRow,
  groupGrants,
  syncGroupGrants,
  type WantedGrant,
} from '../../store/access/group-grants.ts';
import {
  catalogueKeys,
  type CatalogueKeys,
  groupNames,
  readRules,
  writeRules,
} from '../../store/access/mapping-rules.ts';
import { findGroup, lockGroup } from '../../store/groups/groups.ts';
import { bytesOf } from '../audit/event-size.ts';
import { change, type Change } from '../change/change.ts';
import { GRANT_BYTES } from '../change/written-bytes.ts';
import type { Context } from '../context/context.ts';
import { checkRules } from './check-rules.ts';
import { type GrantStatement, resolveStatements } from './grant-specs.ts';
import type { ReadingOptions } from './mapping-rules.ts';
import { compileRules, type MappingRule } from './mapping-rules.ts';

/** The grants of a group: its own statements, and what the rule that reads its name gives beside them. */
export interface GroupMapping {
  readonly own: readonly GrantStatement[];
  readonly byRule: { readonly match: string; readonly grants: readonly GrantStatement[] } | null;
}

/** How a group is mapped. Throws `not_found`. */
export async function getGroupMapping(ctx: Context, id: string): Promise<GroupMapping> {
  const groupId = asId<GroupId>(id);
  if (!groupId || !(await findGroup(ctx.scope, groupId))) throw notFound('group', id);
  return asMapping(await groupGrants(ctx.scope, [groupId]));
}

/**
 * Writes what members of a group are granted, in place of what was written on it before. Throws `not_found`,
 * `invalid` for keys that name nothing, `refused` when a license has not enough seats.
 */
export async function setGroupGrants(
  ctx: Context,
  id: string,
  grants: readonly GrantStatement[],
): Promise<GroupMapping> {
  const groupId = asId<GroupId>(id);
  if (!groupId) throw notFound('group', id);
  return change(
    ctx,
    async (c) => {
      const group = await lockGroup(c.scope, groupId);
      if (!group) throw notFound('group', id);
      c.advanceClock(group.now, group.updated_at);
      const wanted = wantedOfGroup(groupId, grants, await catalogueKeys(c.scope));
      const before = asMapping(await groupGrants(c.scope, [groupId])).own;
      await c.guardEverybody();
      const eventId = newId<EventId>();
      const changed = await syncGroupGrants(c.scope, 'own', [groupId], wanted, eventId, c.at);
      c.charge(changed * GRANT_BYTES);
      const mapping = asMapping(await groupGrants(c.scope, [groupId]));
      if (changed > 0) {
        c.record(
          {
            action: 'group.grants_set',
            target: { kind: 'group', id: groupId, name: group.display_name },
            before,
            after: mapping.own,
          },
          { id: eventId },
        );
      }
      return mapping;
    },
    { mode: 'exclusive' },
  );
}

/** The workspace's mapping rules in their order. */
export function getMappingRules(ctx: Context): Promise<MappingRule[]> {
  return readRules<MappingRule['grants']>(ctx.scope);
}

/** Puts new rules in place of the old and reads every group's name by them. Throws `invalid`, `refused` (seats). */
export async function setMappingRules(
  ctx: Context,
  rules: readonly MappingRule[],
): Promise<readonly MappingRule[]> {
  return change(
    ctx,
    async (c) => {
      const before = await readRules<MappingRule['grants']>(c.scope);
      checkRules(rules, await catalogueKeys(c.scope));
      if (isDeepStrictEqual(before, rules)) return rules;
      const eventId = c.record({
        action: 'mapping_rules.set',
        target: { kind: 'mapping_rules', id: ctx.caller.workspaceId, name: null },
        before,
        after: rules,
      });
      c.charge(bytesOf(rules));
      await c.guardEverybody();
      await writeRules(c.scope, rules);
      await readAllGroupNames(c, eventId, true);
      return rules;
    },
    { mode: 'exclusive' },
  );
}

/**
 * After the catalogue changed, in an exclusive change: reads pushed values and group names again, since keys may name
 * something else now, and counts seats. `eventId` is the event of the catalogue's change, which explains it all.
 */
export async function resolveAgain(c: Change, eventId: EventId): Promise<void> {
  await c.guardEverybody();
  c.charge((await resolvePushedAgain(c.scope, eventId, c.at)) * GRANT_BYTES);
  await readAllGroupNames(c, eventId);
}

async function readAllGroupNames(c: Change, eventId: EventId, isStrict = false): Promise<void> {
  const { signal } = c.caller;
  const rules = await readRules<MappingRule['grants']>(c.scope);
  const groups = rules.length > 0 ? await groupNames(c.scope) : [];
  const keys = await catalogueKeys(c.scope);
  const wanted = await wantedByRules(groups, rules, keys, { signal, isStrict });
  const changed = await syncGroupGrants(c.scope, 'rule', undefined, wanted, eventId, c.at);
  c.charge(changed * GRANT_BYTES);
}

/** Whether the workspace has rules, so that a group's name matters. */
export async function hasRules(c: Change): Promise<boolean> {
  return (await readRules(c.scope)).length > 0;
}

/** Reads one group's name by the rules: a new group, or one with a new name. */
export async function readGroupName(
  c: Change,
  group: { id: GroupId; name: string },
  eventId: EventId,
  options: { readonly haveMembers: boolean } = { haveMembers: true },
): Promise<void> {
  const { signal } = c.caller;
  const rules = await readRules<MappingRule['grants']>(c.scope);
  if (rules.length === 0) return;
  const named = [{ id: group.id, display_name: group.name }];
  const wanted = await wantedByRules(named, rules, await catalogueKeys(c.scope), { signal });
  const changed = await syncGroupGrants(c.scope, 'rule', [group.id], wanted, eventId, c.at, options);
  c.charge(changed * GRANT_BYTES);
}

/** The grants that statements written on a group give. Throws `invalid` for keys that name nothing. */
export function wantedOfGroup(
  groupId: GroupId,
  grants: readonly GrantStatement[],
  keys: CatalogueKeys,
): WantedGrant[] {
  return unique(resolveStatements(grants, keys).map((target) => ({ groupId, rule: null, target })));
}

/**
 * The grants that rules give to groups by their names. Throws `invalid` when that takes too long or is too much, and
 * `cancelled` once the signal aborts.
 */
export async function wantedByRules(
  groups: readonly { readonly id: GroupId; readonly display_name: string }[],
  rules: readonly MappingRule[],
  keys: CatalogueKeys,
  options?: ReadingOptions,
): Promise<WantedGrant[]> {
  const read = compileRules(rules, keys, options);
  const wanted: WantedGrant[] = [];
  for (const { id: groupId, display_name } of groups) {
    const match = await read(display_name);
    if (match) wanted.push(...unique(match.targets.map((target) => ({ groupId, rule: match.rule, target }))));
  }
  return wanted;
}

function unique(wanted: readonly WantedGrant[]): WantedGrant[] {
  return [...new Map(wanted.map((one) => [JSON.stringify(one), one])).values()];
}

/** A group's grants as an admin wrote them and as its rule gives them. */
export function asMapping(grants: readonly GroupGrantRow[]): GroupMapping {
  const byRule = grants.filter((grant) => grant.origin === 'rule');
  const rule = byRule[0]?.rule;
  return {
    own: grants.filter((grant) => grant.origin === 'own').map(asStatement),
    byRule: rule ? { match: rule, grants: byRule.map(asStatement) } : null,
  };
}

function asStatement(grant: GroupGrantRow): GrantStatement {
  switch (grant.kind) {
    case 'account_role':
      return { accountRole: grant.account_role as string };
    case 'project_role':
      return { project: grant.project as string, role: grant.role as string };
    case 'entitlement':
      return { product: grant.product as string, license: grant.license as string };
  }
}
