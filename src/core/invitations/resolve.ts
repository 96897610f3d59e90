import type { UserId } from '../../lib/ids.ts';
import { type InvitationRow, openInvitationsOf } from '../../store/invitations/invitations.ts';
import { type AddressedUser, usersByAddresses } from '../../store/users/invited-users.ts';
import type { UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import { lockUsers } from '../context/lock-users.ts';
import type { Address, Skipped } from './addresses.ts';

/** Whom a list of addresses means. */
export interface Chosen {
  /** Addresses that nobody has. */
  readonly fresh: readonly Address[];
  /** Users who were here before, locked. */
  readonly known: readonly Known[];
  readonly skipped: readonly Skipped[];
}

/** A user who is inactive, or still pending by an invitation past its time. */
export interface Known {
  readonly email: string;
  readonly user: UserRow;
  readonly expired: InvitationRow | undefined;
}

/**
 * Finds whom addresses mean, by user name or by an address of the profile, and locks those who can be invited again.
 * Who is active or invited already is skipped.
 */
export async function choose(c: Change, addresses: readonly Address[]): Promise<Chosen> {
  const found = new Map<string, AddressedUser[]>();
  const emails = addresses.map(({ email }) => email);
  for (const one of await usersByAddresses(c.scope, emails)) {
    found.set(one.address, [...(found.get(one.address) ?? []), one]);
  }
  const skipped: Skipped[] = [];
  const fresh: Address[] = [];
  const meant = new Map<UserId, string>();
  for (const address of addresses) {
    const users = found.get(address.email) ?? [];
    const reason = unclear(users);
    const user = users.find((one) => one.by_name) ?? users[0];
    if (reason !== undefined) skipped.push({ email: address.email, reason });
    else if (!user) fresh.push(address);
    else if (meant.has(user.id)) skipped.push({ email: address.email, reason: TWICE });
    else meant.set(user.id, address.email);
  }
  const known: Known[] = [];
  const users = await lockUsers(c, [...meant.keys()]);
  const open = await openInvitationsOf(
    c.scope,
    users.map((user) => user.id),
  );
  for (const user of users) {
    const email = meant.get(user.id) ?? '';
    const invitation = open.find((one) => one.user_id === user.id);
    if (user.status === 'active') skipped.push({ email, reason: ACTIVE });
    else if (user.status === 'pending' && invitation?.status !== 'expired')
      skipped.push({ email, reason: PENDING });
    else known.push({ email, user, expired: invitation });
  }
  return { fresh, known, skipped };
}

const ACTIVE = 'Is an active user already.';
const TWICE = 'This and another address of the list belong to one user, who is invited once.';
const PENDING = 'Is invited already. Resend that invitation to send a new link.';

function unclear(users: readonly AddressedUser[]): string | undefined {
  const active = users.find((one) => one.status === 'active');
  if (active) {
    return active.by_name
      ? 'Is an active user already.'
      : `Is an active user already, "${active.user_name}".`;
  }
  if (users.length < 2 || users.some((one) => one.by_name)) return undefined;
  return 'Several users who are not active have this address. Reinvite the one you mean.';
}
