import { invalid, notFound } from '../../lib/errors.ts';
import { newId, type OrganizationId, type ProjectId } from '../../lib/ids.ts';
import { projectUsage } from '../../store/access/usage.ts';
import { findOrganization } from '../../store/catalog/organizations.ts';
import type { ProjectRow } from '../../store/catalog/projects.ts';
import * as store from '../../store/catalog/projects.ts';
import type { CatalogSort } from '../../store/catalog/table.ts';
import { resolveAgain } from '../access/mapping.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { diffFields } from '../shared/diff.ts';
import { assertKey, assertName } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { refuseInUse } from './in-use.ts';
import { rulesFollow } from './rename-in-rules.ts';

export type { ProjectRow as Project } from '../../store/catalog/projects.ts';

/** A page of the workspace's projects. */
export function listProjects(ctx: Context, page: KeysetPage<CatalogSort>): Promise<Page<ProjectRow>> {
  return store.listProjects(ctx.scope, page);
}

/** Makes a project; `organization` is a key. Throws `invalid`, `taken`. */
export function createProject(
  ctx: Context,
  input: { readonly key: string; readonly name: string; readonly organization?: string | null | undefined },
): Promise<ProjectRow> {
  assertKey(input.key);
  assertName(input.name);
  return change(
    ctx,
    async (c) => {
      const organization = await organizationOf(c, input.organization ?? null);
      const state = { key: input.key, name: input.name, organization_id: organization?.id ?? null };
      const created = await store.insertProject(c.scope, newId<ProjectId>(), state, c.at);
      await resolveAgain(
        c,
        c.record({ action: 'project.created', target: target(created), after: shown(created) }),
      );
      return created;
    },
    { mode: 'exclusive' },
  );
}

/** Changes a project; `organization` is a key, or null for none. Throws `not_found`, `invalid`, `taken`. */
export function patchProject(
  ctx: Context,
  key: string,
  input: {
    readonly key?: string | undefined;
    readonly name?: string | undefined;
    readonly organization?: string | null | undefined;
  },
): Promise<ProjectRow> {
  if (input.key !== undefined) assertKey(input.key);
  if (input.name !== undefined) assertName(input.name);
  return change(
    ctx,
    async (c) => {
      const current = await existing(c, key);
      const organization = await organizationOf(c, input.organization);
      const state = {
        key: input.key ?? current.key,
        name: input.name ?? current.name,
        organization_id: organization === undefined ? current.organization_id : (organization?.id ?? null),
      };
      if (!diffFields<store.ProjectState>(stateOf(current), state)) return current;
      c.advanceClock(current.updated_at);
      const updated = await store.updateProject(c.scope, current.id, state, c.at);
      const changed = diffFields(shown(current), shown(updated));
      const eventId = c.record({ action: 'project.updated', target: target(updated), ...changed });
      if (updated.key !== current.key) {
        await rulesFollow(c, 'project', current.key, updated.key);
        await resolveAgain(c, eventId);
      }
      return updated;
    },
    { mode: 'exclusive' },
  );
}

/** Ends a project. Throws `not_found`, and `refused` while grants or mapping rules give roles in it. */
export function deleteProject(ctx: Context, key: string): Promise<void> {
  return change(
    ctx,
    async (c) => {
      const current = await existing(c, key);
      const { direct, groups, rules } = await projectUsage(c.scope, current);
      refuseInUse(
        `The project "${current.key}"`,
        [
          [direct, 'user with a role in it', 'users with a role in it'],
          [groups, 'group that gives a role in it', 'groups that give a role in it'],
          [rules, 'mapping rule that names it', 'mapping rules that name it'],
        ],
        'Take those roles away, and delete it then.',
      );
      c.advanceClock(current.updated_at);
      await store.endProject(c.scope, current.id, c.at);
      await resolveAgain(
        c,
        c.record({ action: 'project.deleted', target: target(current), before: shown(current) }),
      );
    },
    { mode: 'exclusive' },
  );
}

async function existing(c: Change, key: string): Promise<ProjectRow> {
  const found = await store.findProject(c.scope, key);
  if (!found) throw notFound('project', key);
  return found;
}

/** Undefined when nothing is said of the organization, null when it is to be none. */
async function organizationOf(
  c: Change,
  key: string | null | undefined,
): Promise<{ readonly id: OrganizationId } | null | undefined> {
  if (key === undefined || key === null) return key;
  const found = await findOrganization(c.scope, key);
  if (!found) throw invalid('organization', `There is no organization "${key}" in this workspace.`);
  return found;
}

function stateOf({ key, name, organization_id }: ProjectRow): store.ProjectState {
  return { key, name, organization_id };
}

function shown({ key, name, organization }: ProjectRow) {
  return { key, name, organization };
}

function target({ id, key }: ProjectRow) {
  return { kind: 'project', id, name: key } as const;
}
