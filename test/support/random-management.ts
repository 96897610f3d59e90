import fc from 'fast-check';
import { giveLicense, giveProjectRole } from '../../src/core/access/direct-grants.ts';
import { patchOrganization } from '../../src/core/catalog/organizations.ts';
import { putProduct } from '../../src/core/catalog/products.ts';
import { patchProject } from '../../src/core/catalog/projects.ts';
import { putRole } from '../../src/core/catalog/roles.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { acceptInvitation } from '../../src/core/invitations/accept.ts';
import { invite } from '../../src/core/invitations/invite.ts';
import { invitationLink } from '../../src/core/invitations/list.ts';
import { reinvite, resendInvitation } from '../../src/core/invitations/resend.ts';
import { revokeInvitations } from '../../src/core/invitations/revoke.ts';
import { deactivateUser } from '../../src/core/users/deactivate.ts';
import { reportLastAccess } from '../../src/core/users/last-access.ts';
import { listMachines, registerMachine, removeMachine } from '../../src/core/users/machines.ts';
import { patchUser } from '../../src/core/users/update.ts';
import { RollcallError } from '../../src/lib/errors.ts';
import type { InvitationId, UserId } from '../../src/lib/ids.ts';
import { scopeOf } from '../../src/store/db/scope.ts';
import { inTransaction } from '../../src/store/db/transaction.ts';
import { writeDelivery } from '../../src/store/invitations/delivery.ts';
import { listInvitations } from '../../src/store/invitations/invitations.ts';
import type { World } from './world.ts';

/** What admins, invitees, products and mail do, beside what identity providers do (random-changes.ts). */
export type Managing =
  | { readonly do: 'name of a project' | 'name of a role' | 'name of an organization'; readonly to: string }
  | { readonly do: 'key of a project' | 'key of an organization' | 'key of a product'; readonly to: string }
  | { readonly do: 'profile' | 'push profile'; readonly user: number; readonly to: string }
  | { readonly do: 'organization'; readonly user: number; readonly to: string | null }
  | { readonly do: 'push organization'; readonly user: number; readonly to: string }
  | {
      readonly do: 'account role';
      readonly user: number;
      readonly to: 'admin' | 'billing_manager' | 'member';
    }
  | {
      readonly do: 'give project' | 'give product' | 'deactivate' | 'reinvite' | 'seen';
      readonly user: number;
    }
  | { readonly do: 'invite'; readonly guest: number }
  | { readonly do: 'resend' | 'revoke' | 'accept' | 'expire'; readonly invitation: number }
  | {
      readonly do: 'mail';
      readonly invitation: number;
      readonly to: 'queued' | 'sending' | 'sent' | 'failed';
    }
  | { readonly do: 'machine'; readonly user: number; readonly machine: number; readonly to: string }
  | { readonly do: 'remove machine'; readonly machine: number };

/** The keys that organizations may have. */
export const ORGANIZATIONS = ['emea', 'apac', 'sales'];
const user = fc.nat(20);
const to = fc.constantFrom('first', 'second', 'third').map((name) => `Name ${name}`);
const which = fc.nat(5);

const kinds: readonly fc.Arbitrary<Managing>[] = [
  fc.record({
    do: fc.constantFrom('name of a project', 'name of a role', 'name of an organization'),
    to,
  }),
  fc.record({ do: fc.constant('key of a project' as const), to: fc.constantFrom('mobile', 'phone') }),
  fc.record({ do: fc.constant('key of an organization' as const), to: fc.constantFrom(...ORGANIZATIONS) }),
  fc.record({ do: fc.constant('key of a product' as const), to: fc.constantFrom('testsigma', 'sigma') }),
  fc.record({ do: fc.constant('profile' as const), user, to }),
  fc.record({ do: fc.constant('push profile' as const), user, to }),
  fc.record({ do: fc.constant('organization' as const), user, to: fc.constantFrom(null, ...ORGANIZATIONS) }),
  fc.record({ do: fc.constant('push organization' as const), user, to: fc.constantFrom(...ORGANIZATIONS) }),
  fc.record({
    do: fc.constant('account role' as const),
    user,
    to: fc.constantFrom('admin' as const, 'billing_manager' as const, 'member' as const),
  }),
  fc.record({ do: fc.constant('give project' as const), user }),
  fc.record({ do: fc.constant('give product' as const), user }),
  fc.record({ do: fc.constant('deactivate' as const), user }),
  fc.record({ do: fc.constant('reinvite' as const), user }),
  fc.record({ do: fc.constant('seen' as const), user }),
  fc.record({ do: fc.constant('invite' as const), guest: fc.nat(2) }),
  fc.record({ do: fc.constant('invite' as const), guest: fc.nat(2) }),
  fc.record({
    do: fc.constantFrom('resend', 'revoke', 'accept', 'expire'),
    invitation: which,
  }),
  fc.record({
    do: fc.constant('mail' as const),
    invitation: which,
    to: fc.constantFrom('queued', 'sending', 'sent', 'failed'),
  }),
  fc.record({ do: fc.constant('machine' as const), user, machine: fc.nat(2), to }),
  fc.record({ do: fc.constant('remove machine' as const), machine: fc.nat(2) }),
];

/** One of them. */
export const managing: fc.Arbitrary<Managing> = fc.oneof(...kinds);

/** Makes what they lean on. */
export async function prepareManaging(world: World): Promise<void> {
  await world.organization('emea');
}

/** Does one of them to a workspace; what the core refuses changes nothing. */
export async function manage(world: World, one: Managing): Promise<void> {
  try {
    await done(world, one);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
  }
}

async function done(world: World, one: Managing): Promise<unknown> {
  const { core, caller } = world;
  switch (one.do) {
    case 'name of a project':
      return patchProject(contextOf(core, caller), await projectKey(world), { name: one.to });
    case 'name of a role':
      return putRole(contextOf(core, caller), 'tester', { name: one.to });
    case 'name of an organization':
      return patchOrganization(contextOf(core, caller), await organizationKey(world), { name: one.to });
    case 'key of a project':
      return patchProject(contextOf(core, caller), await projectKey(world), { key: one.to });
    case 'key of an organization':
      return patchOrganization(contextOf(core, caller), await organizationKey(world), { key: one.to });
    case 'key of a product':
      return putProduct(contextOf(core, caller), await productKey(world), { key: one.to });
    case 'profile': {
      const photo = `https://pictures.example.com/${one.to.at(-1)!}`;
      const patch = { fullName: one.to, title: one.to, picture: photo, startDate: '2030-01-31' };
      return patchUser(contextOf(core, caller), await userAt(world, one.user), patch);
    }
    case 'push profile': {
      const id = await userAt(world, one.user);
      const emails = [{ value: `${one.to.replace(' ', '.')}@example.com`, type: 'work' }];
      const attributes = { displayName: one.to, emails, title: one.to };
      return world.push(id, await nameOf(world, id), { attributes, externalId: one.to });
    }
    case 'organization':
      return patchUser(contextOf(core, caller), await userAt(world, one.user), { organization: one.to });
    case 'push organization': {
      const id = await userAt(world, one.user);
      return world.push(id, await nameOf(world, id), { organization: one.to });
    }
    case 'account role':
      return patchUser(contextOf(core, caller), await userAt(world, one.user), { accountRole: one.to });
    case 'give project': {
      const project = await projectKey(world);
      return giveProjectRole(contextOf(core, caller), await userAt(world, one.user), project, 'tester');
    }
    case 'give product': {
      const product = await productKey(world);
      return giveLicense(contextOf(core, caller), await userAt(world, one.user), product, 'pro');
    }
    case 'deactivate':
      return deactivateUser(contextOf(core, caller), await userAt(world, one.user));
    case 'reinvite':
      return reinvite(contextOf(core, caller), await userAt(world, one.user));
    case 'seen': {
      // Once only: of a past day the first access is told, and all of this happens on one.
      const id = await userAt(world, one.user);
      const seen = await found(
        world,
        'select user_id as id from user_last_access where workspace_id = ? and user_id = ?',
        id,
      );
      if (seen.length === 0) await reportLastAccess(contextOf(core, caller), [{ user: id, at: new Date() }]);
      return;
    }
    case 'invite': {
      const project = await projectKey(world);
      const projects = [{ project, role: 'viewer' }];
      return invite(contextOf(core, caller), { emails: `guest-${one.guest}@example.com`, projects });
    }
    case 'resend':
      return resendInvitation(contextOf(core, caller), await invitationAt(world, one.invitation));
    case 'revoke':
      return revokeInvitations(contextOf(core, caller), [await invitationAt(world, one.invitation)]);
    case 'accept': {
      const { link } = await invitationLink(
        contextOf(core, caller),
        await invitationAt(world, one.invitation),
      );
      await acceptInvitation(core, link.split('/').at(-1)!, { name: 'Guest' }, 'test');
      return;
    }
    case 'expire':
      return expire(world, await invitationAt(world, one.invitation));
    case 'mail': {
      const id = await invitationAt(world, one.invitation);
      const { workspaceId } = caller;
      const at = new Date();
      const fares = {
        reason: `It is ${one.to}.`,
        attempts: 1,
        nextAt: at,
        deliveredAt: one.to === 'sent' ? at : null,
      };
      return inTransaction(core.db, (tx) =>
        writeDelivery(scopeOf(tx, workspaceId), id, { delivery: one.to, ...fares }),
      );
    }
    case 'machine': {
      // Another name each time, or none: of one that is only seen again, a past day knows the first time.
      const fingerprint = `machine-${one.machine}`;
      const known = (await machines(world)).find((machine) => machine.fingerprint === fingerprint);
      if (known?.name === one.to) return;
      const product = one.to.endsWith('d') ? await productKey(world) : null;
      const user = known?.user_id ?? (await userAt(world, one.user));
      return registerMachine(contextOf(core, caller), { user, name: one.to, fingerprint, product });
    }
    case 'remove machine': {
      const there = await machines(world);
      const chosen = there[one.machine % Math.max(there.length, 1)];
      if (chosen) await removeMachine(contextOf(core, caller), chosen.id);
    }
  }
}

/** An invitation's time is up. */
async function expire({ core, caller }: World, id: InvitationId): Promise<void> {
  await core.db.raw(
    `update invitations set expires_at = clock_timestamp(), updated_at = greatest(clock_timestamp(), updated_at)
      where workspace_id = ? and id = ? and status = 'pending'`,
    [caller.workspaceId, id],
  );
}

async function machines({ core, caller }: World) {
  const page = { sort: { by: 'name', descending: false }, limit: 100 } as const;
  return (await listMachines(contextOf(core, caller), {}, page)).items;
}

async function invitationAt({ core, caller }: World, index: number): Promise<InvitationId> {
  const page = { sort: { by: 'createdAt', descending: false }, limit: 100 } as const;
  const { items } = await listInvitations(scopeOf(core.db, caller.workspaceId), undefined, page);
  const chosen = items[index % Math.max(items.length, 1)];
  if (!chosen) throw new RollcallError('not_found', 'Nobody was invited yet.');
  return chosen.id;
}

async function found({ core, caller }: World, query: string, ...values: string[]): Promise<{ id: string }[]> {
  const { rows }: { rows: { id: string }[] } = await core.db.raw(query, [caller.workspaceId, ...values]);
  return rows;
}

async function userAt(world: World, index: number): Promise<UserId> {
  const users = await found(world, 'select id from users where workspace_id = ? order by id');
  return users[index % users.length]!.id as UserId;
}

async function nameOf(world: World, id: string) {
  const [one] = await found(world, 'select user_name as id from users where workspace_id = ? and id = ?', id);
  return one!.id;
}

const oldest = (table: string) =>
  `select key as id from ${table} where workspace_id = ? order by created_at, id limit 1`;

async function projectKey(world: World): Promise<string> {
  return (await found(world, oldest('projects')))[0]!.id;
}

async function organizationKey(world: World): Promise<string> {
  return (await found(world, oldest('organizations')))[0]!.id;
}

async function productKey(world: World): Promise<string> {
  const query = 'select key as id from products where workspace_id = ? order by key desc limit 1';
  return (await found(world, query))[0]!.id;
}
