import { notFound } from '../../lib/errors.ts';
import { newId, type OrganizationId } from '../../lib/ids.ts';
import { organizationUsage } from '../../store/access/usage.ts';
import type { OrganizationRow } from '../../store/catalog/organizations.ts';
import * as store from '../../store/catalog/organizations.ts';
import type { CatalogSort } from '../../store/catalog/table.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { diffFields } from '../shared/diff.ts';
import { assertKey, assertName } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { refuseInUse } from './in-use.ts';

export type { OrganizationRow as Organization } from '../../store/catalog/organizations.ts';
export type { CatalogSort } from '../../store/catalog/table.ts';

/** A page of the workspace's organizations. */
export function listOrganizations(
  ctx: Context,
  page: KeysetPage<CatalogSort>,
): Promise<Page<OrganizationRow>> {
  return store.listOrganizations(ctx.scope, page);
}

/** Makes an organization. Throws `invalid`, `taken`. */
export function createOrganization(
  ctx: Context,
  input: { readonly key: string; readonly name: string },
): Promise<OrganizationRow> {
  assertKey(input.key);
  assertName(input.name);
  return change(
    ctx,
    async (c) => {
      const state = { key: input.key, name: input.name };
      const created = await store.insertOrganization(c.scope, newId<OrganizationId>(), state, c.at);
      c.record({ action: 'organization.created', target: target(created), after: state });
      await affiliate(c, created);
      return created;
    },
    { mode: 'exclusive' },
  );
}

/** Changes an organization's key or name. Throws `not_found`, `invalid`, `taken`. */
export function patchOrganization(
  ctx: Context,
  key: string,
  input: { readonly key?: string | undefined; readonly name?: string | undefined },
): Promise<OrganizationRow> {
  if (input.key !== undefined) assertKey(input.key);
  if (input.name !== undefined) assertName(input.name);
  return change(
    ctx,
    async (c) => {
      const current = await existing(c, key);
      const state = { key: input.key ?? current.key, name: input.name ?? current.name };
      const changed = diffFields({ key: current.key, name: current.name }, state);
      if (!changed) return current;
      c.advanceClock(current.updated_at);
      const updated = await store.updateOrganization(c.scope, current.id, state, c.at);
      c.record({ action: 'organization.updated', target: target(updated), ...changed });
      if (changed.after.key !== undefined) await affiliate(c, updated);
      return updated;
    },
    { mode: 'exclusive' },
  );
}

/** Ends an organization. Throws `not_found`, and `refused` while users or projects belong to it. */
export function deleteOrganization(ctx: Context, key: string): Promise<void> {
  return change(
    ctx,
    async (c) => {
      const current = await existing(c, key);
      const { users, projects } = await organizationUsage(c.scope, current.id);
      refuseInUse(
        `The organization "${current.key}"`,
        [
          [users, 'user', 'users'],
          [projects, 'project', 'projects'],
        ],
        'Move them to another organization, inactive users too, and delete it then.',
      );
      c.advanceClock(current.updated_at);
      await store.endOrganization(c.scope, current.id, c.at);
      const before = { key: current.key, name: current.name };
      c.record({ action: 'organization.deleted', target: target(current), before });
    },
    { mode: 'exclusive' },
  );
}

// What an identity provider pushed before there was an organization of that key names one now.
async function affiliate(c: Change, organization: OrganizationRow): Promise<void> {
  for (const user of await store.affiliateWaiting(c.scope, organization, c.at)) {
    c.record({
      action: 'user.updated',
      target: { kind: 'user', id: user.id, name: user.user_name },
      related: organization.id,
      before: { organization: null },
      after: { organization: organization.key },
    });
  }
}

async function existing(c: Change, key: string): Promise<OrganizationRow> {
  const found = await store.findOrganization(c.scope, key);
  if (!found) throw notFound('organization', key);
  return found;
}

function target({ id, key }: OrganizationRow) {
  return { kind: 'organization', id, name: key } as const;
}
