import { invalid, notFound, RollcallError } from '../../lib/errors.ts';
import type { EventId, ProductId, ProjectId } from '../../lib/ids.ts';
import { endDirectGrants } from '../../store/access/direct-grants.ts';
import { type HeldWay, waysHeld } from '../../store/access/grant-sources.ts';
import {
  givenGrants,
  type GrantTargetColumns,
  openDirectGrants,
  type OwnGrant,
} from '../../store/access/manual-grants.ts';
import { licensesOf } from '../../store/catalog/licenses.ts';
import { findProduct } from '../../store/catalog/products.ts';
import { findProject } from '../../store/catalog/projects.ts';
import { findRole } from '../../store/catalog/roles.ts';
import type { UserRow } from '../../store/users/users.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { lockExistingUser } from '../context/lock-users.ts';
import { isSameKey } from '../shared/keys.ts';
import { elsewhere } from './grant-origin.ts';
import { DEFAULT_LICENSE } from './grant-specs.ts';

/** One thing of which a user is given one level here: a project with its roles, a product with its licenses. */
interface Thing {
  readonly kind: 'project_role' | 'entitlement';
  /** As people read it: `the project "mobile"`. */
  readonly said: string;
  readonly action: 'user.project_role' | 'user.license';
  readonly isOf: (grant: OwnGrant) => boolean;
  readonly isWayTo: (way: HeldWay) => boolean;
  /** What the audit tells of a grant of it. */
  readonly audited: (grant: Pick<OwnGrant, 'role' | 'license'>) => object;
}

function projectThing(project: { readonly id: ProjectId; readonly key: string }): Thing {
  return {
    kind: 'project_role',
    said: `the project "${project.key}"`,
    action: 'user.project_role',
    isOf: (grant) => grant.kind === 'project_role' && grant.project_id === project.id,
    isWayTo: (way) => way.project_id === project.id,
    audited: ({ role }) => ({ project: project.key, role }),
  };
}

function productThing(product: { readonly id: ProductId; readonly key: string }): Thing {
  return {
    kind: 'entitlement',
    said: `the product "${product.key}"`,
    action: 'user.license',
    isOf: (grant) => grant.kind === 'entitlement' && isSameKey(grant.product ?? '', product.key),
    isWayTo: (way) => way.product_id === product.id,
    audited: ({ license }) => ({ product: product.key, license }),
  };
}

/**
 * Gives a user a role in a project, in place of the one that was given here; what was pushed or comes through groups
 * stands beside it, and the highest counts. Throws `not_found` (user, project), `invalid` (role), and `refused` for a
 * billing manager and a user who was removed.
 */
export function giveProjectRole(
  ctx: Context,
  userId: string,
  projectKey: string,
  roleKey: string,
): Promise<void> {
  return change(ctx, async (c) => {
    const project = await findProject(c.scope, projectKey);
    if (!project) throw notFound('project', projectKey);
    const role = await findRole(c.scope, roleKey);
    if (!role) throw invalid('role', `There is no project role "${roleKey}" in this workspace.`);
    const user = await lockExistingUser(c, userId);
    const target = { ...NOTHING, kind: 'project_role' as const, project_id: project.id, role_id: role.id };
    await give(c, user, projectThing(project), target, { role: role.key, license: null });
  });
}

/**
 * Takes the role in a project away that was given to a user here. Throws `not_found` (user, project), and `refused`
 * when it is had only through groups or by a push, saying so.
 */
export function takeProjectRole(ctx: Context, userId: string, projectKey: string): Promise<void> {
  return change(ctx, async (c) => {
    const project = await findProject(c.scope, projectKey);
    if (!project) throw notFound('project', projectKey);
    await take(c, await lockExistingUser(c, userId), projectThing(project));
  });
}

/**
 * Gives a user a license of a product, `standard` unless it is said, in place of the one that was given here. Throws
 * `not_found` (user, product), `invalid` (license), and `refused` for seats, for a second product where only one may be
 * given, and for a user who was removed.
 */
export function giveLicense(
  ctx: Context,
  userId: string,
  productKey: string,
  licenseKey = DEFAULT_LICENSE,
): Promise<void> {
  return change(ctx, async (c) => {
    const product = await findProduct(c.scope, productKey);
    if (!product) throw notFound('product', productKey);
    const licenses = await licensesOf(c.scope, [product.id]);
    const license = licenses.find((one) => isSameKey(one.key, licenseKey));
    if (!license) throw invalid('license', `The product "${product.key}" has no license "${licenseKey}".`);
    const user = await lockExistingUser(c, userId);
    const target = { ...NOTHING, kind: 'entitlement' as const, license_id: license.id };
    await give(c, user, productThing(product), target, { role: null, license: license.key });
  });
}

/** Takes the license of a product away that was given to a user here; throws as `takeProjectRole` does. */
export function takeLicense(ctx: Context, userId: string, productKey: string): Promise<void> {
  return change(ctx, async (c) => {
    const product = await findProduct(c.scope, productKey);
    if (!product) throw notFound('product', productKey);
    await take(c, await lockExistingUser(c, userId), productThing(product));
  });
}

const NOTHING = { account_role: null, project_id: null, role_id: null, license_id: null };

async function give(
  c: Change,
  user: UserRow,
  thing: Thing,
  target: GrantTargetColumns,
  level: Pick<OwnGrant, 'role' | 'license'>,
): Promise<void> {
  const given = await givenOf(c, user, thing);
  const other = given.filter(
    (grant) => grant.role_id !== target.role_id || grant.license_id !== target.license_id,
  );
  if (given.length > 0 && other.length === 0) return;
  await c.guard([user.id]);
  const [was] = other;
  const eventId = c.record({
    action: `${thing.action}_set`,
    target: { kind: 'user', id: user.id, name: user.user_name },
    ...(was ? { before: thing.audited(was) } : {}),
    after: thing.audited(level),
  });
  await end(c, other, eventId);
  if (other.length < given.length) return;
  const grant = { ...target, user_id: user.id, source: 'admin' as const, since_event: eventId };
  await openDirectGrants(c.scope, [grant], c.at);
}

async function take(c: Change, user: UserRow, thing: Thing): Promise<void> {
  const given = await givenOf(c, user, thing);
  const [was] = given;
  if (!was) {
    await refuseElsewhere(c, user, thing);
    return;
  }
  await c.guard([user.id]);
  const eventId = c.record({
    action: `${thing.action}_removed`,
    target: { kind: 'user', id: user.id, name: user.user_name },
    before: thing.audited(was),
  });
  await end(c, given, eventId);
}

async function givenOf(c: Change, user: UserRow, thing: Thing): Promise<OwnGrant[]> {
  return (await givenGrants(c.scope, [user.id])).filter(thing.isOf);
}

async function end(c: Change, grants: readonly OwnGrant[], eventId: EventId): Promise<void> {
  const ids = grants.map((grant) => grant.id);
  if (ids.length > 0) await endDirectGrants(c.scope, ids, eventId, c.at);
}

/** Nothing was given here, so nothing can be taken away: that is refused when the user has it all the same. */
async function refuseElsewhere(c: Change, user: UserRow, thing: Thing): Promise<void> {
  const ways = await waysHeld(c.scope, [user.id], thing.kind);
  const found = elsewhere(ways.filter(thing.isWayTo));
  if (!found) return;
  const { through, remedy } = found;
  throw new RollcallError(
    'refused',
    `${thing.said.replace(/^t/, 'T')} is given to "${user.user_name}" only ${through}, so it can't be taken away here. ${remedy}`,
  );
}
