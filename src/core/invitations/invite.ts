import { RollcallError } from '../../lib/errors.ts';
import { newId, type UserId } from '../../lib/ids.ts';
import type { InvitationRow } from '../../store/invitations/invitations.ts';
import { insertInvitedUsers } from '../../store/users/invited-users.ts';
import { withSeats } from '../access/seats.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { type Address, readAddresses, type Skipped } from './addresses.ts';
import { type Invitee, makePending, openInvitations } from './open.ts';
import { makeRoom, openOffer, refuseTooMuch, restoreGrants } from './replace-grants.ts';
import { type Asked, type Offer, resolveOffer } from './request.ts';
import { choose, type Known } from './resolve.ts';

/** Whom to invite, and to what. */
export interface InviteInput extends Asked {
  readonly emails: string | readonly string[];
}

export interface Invited {
  readonly invited: readonly InvitationRow[];
  readonly skipped: readonly Skipped[];
}

/**
 * Invites people: each becomes a pending user with direct grants, which hold their seats from now on, and is sent a
 * mail once this is committed. A wrong address, or one of somebody who is active or invited already, is skipped and
 * refuses none of the others. An inactive user is pending again with what there was before, of which what is asked
 * for takes the place. Throws `invalid`, `refused` (seats, second product, billing manager in a project).
 */
export function invite(ctx: Context, input: InviteInput): Promise<Invited> {
  const { addresses, skipped } = readAddresses(input.emails);
  return change(ctx, async (c) => {
    const offer = await resolveOffer(c, input);
    const { fresh, known, skipped: passed } = await choose(c, addresses);
    const ids = new Map<Address, UserId>(fresh.map((address) => [address, newId<UserId>()]));
    const users = [...ids.values(), ...known.map(({ user }) => user.id)];
    const invitees = await withSeats(c, users, async () => {
      const created = await createUsers(c, ids, offer);
      const back = await bringBack(c, known, offer);
      await openOffer(c, [...created, ...back], offer.grants);
      return [...created, ...back];
    });
    await refuseTooMuch(
      c,
      known.map(({ user }) => user),
    );
    const invited = await openInvitations(c, ctx.core, inOrderOf(addresses, invitees), input);
    return { invited, skipped: [...skipped, ...passed] };
  });
}

async function createUsers(
  c: Change,
  ids: ReadonlyMap<Address, UserId>,
  { organizationId }: Offer,
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
    // Somebody made one of them meanwhile: to be looked for again, from the start.
    throw new RollcallError('busy', 'Users are being made with these addresses; try again.', {
      cause: { code: '40001' },
      retryAfter: 1,
    });
  }
  return users.map(({ id, user_name, attributes }) => {
    c.record({
      action: 'user.created',
      target: { kind: 'user', id, name: user_name },
      after: { ...attributes, userName: user_name, status: 'pending', managedBy: 'workspace' },
    });
    return { userId: id, email: user_name, eventId: c.newEventId() };
  });
}

async function bringBack(c: Change, known: readonly Known[], offer: Offer): Promise<Invitee[]> {
  const slots = new Set(offer.grants.map((grant) => grant.slot));
  const back = await makePending(c, known, offer.organizationId);
  await makeRoom(c, back, slots);
  await restoreGrants(c, back, { offered: false, slots });
  return back.map(({ before, email }) => ({ userId: before.id, email, eventId: c.newEventId() }));
}

function inOrderOf(addresses: readonly Address[], invitees: readonly Invitee[]): Invitee[] {
  const byEmail = new Map(invitees.map((one) => [one.email, one]));
  return addresses.flatMap(({ email }) => byEmail.get(email) ?? []);
}
