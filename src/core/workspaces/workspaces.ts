import { invalid, RollcallError } from '../../lib/errors.ts';
import { asId, type LicenseId, newId, type ProductId, type RoleId, type WorkspaceId } from '../../lib/ids.ts';
import { insertLicense } from '../../store/catalog/licenses.ts';
import { insertProduct } from '../../store/catalog/products.ts';
import { insertRole } from '../../store/catalog/roles.ts';
import { scopeOf } from '../../store/db/scope.ts';
import type { WorkspaceRow, WorkspaceSort } from '../../store/workspaces/workspaces.ts';
import * as store from '../../store/workspaces/workspaces.ts';
import { change, type Change } from '../change/change.ts';
import type { Caller } from '../context/caller.ts';
import type { Context } from '../context/context.ts';
import { contextOf } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { diffFields } from '../shared/diff.ts';
import { assertKey, assertName } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { SEED_PRODUCTS, SEED_ROLES } from './seed.ts';

export type { WorkspaceRow as Workspace, WorkspaceSort } from '../../store/workspaces/workspaces.ts';

/** A page of all workspaces, for operators. */
export function listWorkspaces(core: Core, page: KeysetPage<WorkspaceSort>): Promise<Page<WorkspaceRow>> {
  return store.listWorkspaces(core.db, page);
}

/** The workspace that a key or an id names. Throws `not_found`. */
export async function workspaceNamed(core: Core, keyOrId: string): Promise<WorkspaceRow> {
  const id = asId<WorkspaceId>(keyOrId);
  const found = id ? await store.findWorkspace(scopeOf(core.db, id)) : undefined;
  const workspace = found ?? (await store.findWorkspaceByKey(core.db, keyOrId));
  if (!workspace) throw notFoundWorkspace(keyOrId);
  return workspace;
}

/** The caller's workspace. */
export async function getWorkspace(ctx: Context): Promise<WorkspaceRow> {
  const found = await store.findWorkspace(ctx.scope);
  if (!found) throw notFoundWorkspace(ctx.caller.workspaceId);
  return found;
}

/** Changes the caller's workspace. Throws `invalid`. */
export function patchWorkspace(
  ctx: Context,
  input: {
    readonly name?: string | undefined;
    readonly signInUrl?: string | null | undefined;
    readonly integrationEnabled?: boolean | undefined;
  },
): Promise<WorkspaceRow> {
  if (input.name !== undefined) assertName(input.name);
  if (typeof input.signInUrl === 'string') checkSignInUrl(input.signInUrl);
  return change(
    ctx,
    async (c) => {
      const current = (await store.findWorkspace(c.scope)) as WorkspaceRow;
      const before = stateOf(current);
      const state = {
        name: input.name ?? before.name,
        sign_in_url: input.signInUrl === undefined ? before.sign_in_url : input.signInUrl,
        integration_enabled: input.integrationEnabled ?? before.integration_enabled,
      };
      const changed = diffFields(before, state);
      if (!changed) return current;
      c.advanceClock(current.updated_at);
      c.record({ action: 'workspace.updated', target: target(current), ...changed });
      return store.updateWorkspace(c.scope, state, c.at);
    },
    // What the integration switch allows is asked by every grant.
    { mode: 'exclusive' },
  );
}

/**
 * Makes a workspace with its products, licenses and roles; it has no tokens yet. The events are the new workspace's
 * own. Throws `invalid`, `taken`.
 */
export function createWorkspace(
  core: Core,
  by: Pick<Caller, 'actor' | 'requestId'>,
  input: { readonly key: string; readonly name: string },
): Promise<WorkspaceRow> {
  assertKey(input.key);
  assertName(input.name);
  const id = newId<WorkspaceId>();
  return change(
    contextOf(core, { actor: by.actor, requestId: by.requestId, workspaceId: id }),
    (c) => seedWorkspace(c, input),
    { mode: 'exclusive' },
  );
}

/** Makes the workspace that a change is about, with its seed data. */
export async function seedWorkspace(
  c: Change,
  input: { readonly key: string; readonly name: string },
): Promise<WorkspaceRow> {
  const { scope, at } = c;
  const workspace = await store.insertWorkspace(scope, { key: input.key, name: input.name }, at);
  const products = SEED_PRODUCTS.map((product) => ({ ...product, id: newId<ProductId>() }));
  for (const product of products) {
    await insertProduct(scope, product.id, { key: product.key, name: product.name, enabled: true }, at);
    for (const license of product.licenses) {
      const limits = { seats: null, seats_used: null, overflow: 'refuse' as const };
      await insertLicense(
        scope,
        { id: newId<LicenseId>(), product_id: product.id, ...license, ...limits },
        at,
      );
    }
  }
  for (const role of SEED_ROLES) await insertRole(scope, newId<RoleId>(), role, at);
  c.record({
    action: 'workspace.created',
    target: target(workspace),
    after: { key: workspace.key, name: workspace.name, products: SEED_PRODUCTS, roles: SEED_ROLES },
  });
  return workspace;
}

function notFoundWorkspace(keyOrId: string): RollcallError {
  return new RollcallError('not_found', `There is no workspace "${keyOrId}".`);
}

function checkSignInUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && text.length <= 2000) return;
  throw invalid('signInUrl', 'The sign-in URL begins with https:// or http://.');
}

function stateOf({ name, sign_in_url, integration_enabled }: WorkspaceRow): store.WorkspaceState {
  return { name, sign_in_url, integration_enabled };
}

function target({ id, key }: WorkspaceRow) {
  return { kind: 'workspace', id, name: key } as const;
}
