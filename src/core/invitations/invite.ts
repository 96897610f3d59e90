import type { EventId } from '../../lib/ids.ts';
import { newId, type UserId } from '../../lib/ids.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import { insertInvitedUsers } from '../../store/users/invited-users.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { type Address, parseAddresses, type Skipped } from './addresses.ts';
import { createInvitations, type Invitee, makePending } from './open.ts';
import { openInvitationGrants, replaceConflictingGrants, restoreGrants } from './replace-grants.ts';
import { type InvitationGrants, type InvitationRequest, resolveGrants } from './request.ts';
import { type ExistingInvitee, resolveInvitees } from './resolve.ts';

/** Whom to invite, and what to grant. */
export interface InviteInput extends InvitationRequest {
  readonly emails: string | readonly string[];
}

export interface Invited {
  readonly invited: readonly InvitationRow[];
  readonly skipped: readonly Skipped[];
}

/**
 * Invites people: each becomes a pending user with direct grants, which take seats at once, and is sent a mail after
 * COMMIT. Invalid addresses, and those of active or invited users, are skipped and don't affect the others. A previously
 * removed user becomes pending again; earlier grants are restored unless the request replaces them. Throws `invalid`,
 * `refused` (seats, second product, billing manager in a project).
 */
export function invite(ctx: Context, input: InviteInput): Promise<Invited> {
  const { addresses, skipped } = parseAddresses(input.emails);
  return change(ctx, async (c) => {
    const offer = await resolveGrants(c, input);
    const { newAddresses: fresh, existing: known, skipped: unresolved } = await resolveInvitees(c, addresses);
    const ids = new Map<Address, UserId>(fresh.map((address) => [address, newId<UserId>()]));
    await c.guard([...ids.values()], { areNew: true });
    await c.guard(known.map(({ user }) => user.id));
    const created = await createUsers(c, ids, offer);
    const reinvited = await reinviteUsers(c, known, offer);
    const invitees = [...created, ...reinvited];
    await openInvitationGrants(c, invitees, offer.grants);
    const invited = await createInvitations(c, ctx.core, sortByAddress(addresses, invitees), input);
    return { invited, skipped: [...skipped, ...unresolved] };
  });
}

async function createUsers(
  c: Change,
  ids: ReadonlyMap<Address, UserId>,
  { organizationId }: InvitationGrants,
): Promise<Invitee[]> {
  if (ids.size === 0) return [];
  const users = [...ids].map(([{ email, name }, id]) => ({
    id,
    user_name: email,
    attributes: {
      ...(name === undefined ? {} : { displayName: name }),
      emails: [{ value: email, primary: true }],
    },
  }));
  const created = await insertInvitedUsers(c.scope, users, organizationId ?? null, c.at);
  if (created.length < users.length) {
    // Another change created one of them in the meantime; start over.
    c.retry('Users with these addresses are being created by others; try again.');
  }
  return users.map(({ id, user_name, attributes }) => {
    c.record({
      action: 'user.created',
      target: { kind: 'user', id, name: user_name },
      after: { ...attributes, userName: user_name, status: 'pending', managedBy: 'workspace' },
    });
    return { userId: id, email: user_name, eventId: newId<EventId>() };
  });
}

async function reinviteUsers(
  c: Change,
  known: readonly ExistingInvitee[],
  offer: InvitationGrants,
): Promise<Invitee[]> {
  const keys = new Set(offer.grants.map((grant) => grant.conflictKey));
  const reinvited = await makePending(c, known, offer.organizationId);
  await replaceConflictingGrants(c, reinvited, keys);
  await restoreGrants(c, reinvited, { offered: false, keys });
  return reinvited.map(({ before, email }) => ({ userId: before.id, email, eventId: newId<EventId>() }));
}

function sortByAddress(addresses: readonly Address[], invitees: readonly Invitee[]): Invitee[] {
  const byEmail = new Map(invitees.map((invitee) => [invitee.email, invitee]));
  return addresses.flatMap(({ email }) => byEmail.get(email) ?? []);
}
