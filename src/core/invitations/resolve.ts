import type { UserId } from '../../lib/ids.ts';
import { type InvitationRow, openInvitationsOf } from '../../store/invitations/invitations.ts';
import { type AddressedUser, usersByAddresses } from '../../store/users/invited-users.ts';
import type { UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import { lockUsers } from '../context/lock-users.ts';
import type { Address, Skipped } from './addresses.ts';

/** The people that a list of addresses refers to. */
export interface Invitees {
  /** Addresses that no user has. */
  readonly newAddresses: readonly Address[];
  /** Existing users who can be invited again, locked. */
  readonly existing: readonly ExistingInvitee[];
  readonly skipped: readonly Skipped[];
}

/** A user who is inactive, or still pending with an expired invitation. */
export interface ExistingInvitee {
  readonly email: string;
  readonly user: UserRow;
  readonly expired: InvitationRow | undefined;
}

/**
 * Resolves addresses to users, by userName or an address of the profile, and locks those who can be invited again.
 * Active and invited users are skipped.
 */
export async function resolveInvitees(c: Change, addresses: readonly Address[]): Promise<Invitees> {
  const matches = new Map<string, AddressedUser[]>();
  const emails = addresses.map(({ email }) => email);
  for (const row of await usersByAddresses(c.scope, emails)) {
    matches.set(row.address, [...(matches.get(row.address) ?? []), row]);
  }
  const skipped: Skipped[] = [];
  const fresh: Address[] = [];
  const emailByUser = new Map<UserId, string>();
  for (const address of addresses) {
    const users = matches.get(address.email) ?? [];
    const reason = explainConflict(users);
    const user = users.find((row) => row.by_name) ?? users[0];
    if (reason !== undefined) skipped.push({ email: address.email, reason });
    else if (!user) fresh.push(address);
    else if (emailByUser.has(user.id)) skipped.push({ email: address.email, reason: TWICE });
    else emailByUser.set(user.id, address.email);
  }
  const known: ExistingInvitee[] = [];
  const users = await lockUsers(c, [...emailByUser.keys()]);
  const open = await openInvitationsOf(
    c.scope,
    users.map((user) => user.id),
  );
  for (const user of users) {
    const email = emailByUser.get(user.id) ?? '';
    const invitation = open.find((row) => row.user_id === user.id);
    if (user.status === 'active') skipped.push({ email, reason: ACTIVE });
    else if (user.status === 'pending' && invitation?.status !== 'expired')
      skipped.push({ email, reason: PENDING });
    else known.push({ email, user, expired: invitation });
  }
  return { newAddresses: fresh, existing: known, skipped };
}

const ACTIVE = 'Is an active user already.';
const TWICE = 'This and another address of the list belong to one user, who is invited once.';
const PENDING = 'Is invited already. Resend that invitation to send a new link.';

function explainConflict(users: readonly AddressedUser[]): string | undefined {
  const active = users.find((row) => row.status === 'active');
  if (active) {
    return active.by_name
      ? 'Is an active user already.'
      : `Is an active user already, "${active.user_name}".`;
  }
  if (users.length < 2 || users.some((row) => row.by_name)) return undefined;
  return 'Several users who are not active have this address. Reinvite the one you mean.';
}
