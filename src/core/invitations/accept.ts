import { invalid } from '../../lib/errors.ts';
import type { UserId } from '../../lib/ids.ts';
import { scopeOf } from '../../store/db/scope.ts';
import {
  closeInvitations,
  findInvitation,
  findLinked,
  type InvitationRow,
} from '../../store/invitations/invitations.ts';
import { findUser, type JsonObject, lockUser, updateUser, type UserRow } from '../../store/users/users.ts';
import { findWorkspace } from '../../store/workspaces/workspaces.ts';
import { change } from '../change/change.ts';
import { contextOf } from '../context/context.ts';
import { type Core, invitationSettings } from '../context/core.ts';
import { isName, NAME_RULE } from '../shared/names.ts';
import { activated, diffUser, stateOf } from '../shared/user-state.ts';
import { closedEvent } from './closing/close.ts';
import { type NamedOffer, offerOf } from './grants.ts';
import { readToken, sendOf } from './links.ts';

/** What a link that is ours leads to. */
export type Link = OpenLink | ClosedLink;

export interface OpenLink {
  readonly state: 'open';
  readonly workspace: LinkedWorkspace;
  readonly email: string;
  readonly expiresAt: Date;
  readonly offer: NamedOffer;
  /** The name that is known of the invitee. */
  readonly name: string | undefined;
  /** False when an identity provider keeps the name. */
  readonly asksName: boolean;
}

/** A link that can't be accepted any more; `replaced` by one that was sent later. */
export interface ClosedLink {
  readonly state: 'accepted' | 'revoked' | 'expired' | 'superseded' | 'replaced';
  readonly workspace: LinkedWorkspace;
}

export interface LinkedWorkspace {
  readonly name: string;
  /** Where an invitee goes on to sign in. */
  readonly signInUrl: string | null;
}

/** What the invitee is called, in full or in parts. */
export interface NameInput {
  readonly name?: string | undefined;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
}

interface Found {
  readonly invitation: InvitationRow;
  /** The send whose link this is. */
  readonly send: number;
  readonly workspace: LinkedWorkspace;
}

/** What the token of a link leads to; undefined for one that we never made. Changes nothing. */
export async function openLink(core: Core, token: string): Promise<Link | undefined> {
  const found = await find(core, token);
  if (!found) return undefined;
  const { invitation, workspace } = found;
  const closed = closedState(invitation, found.send);
  if (closed) return { state: closed, workspace };
  const user = await findUser(scopeOf(core.db, invitation.workspace_id), invitation.user_id, {
    withGroups: false,
  });
  return {
    state: 'open',
    workspace,
    email: invitation.email,
    expiresAt: invitation.expires_at,
    offer: await offerOf(core, invitation.workspace_id, invitation.user_id),
    name: user && user.full_name !== user.user_name ? user.full_name : undefined,
    asksName: user?.managed_by !== 'idp',
  };
}

/**
 * Accepts an invitation: its user is active with what was offered, and the link is used. Of several at once one joins.
 * Undefined for a token that we never made. Throws `invalid` for a name that is none.
 */
export async function acceptInvitation(
  core: Core,
  token: string,
  input: NameInput,
  requestId: string,
): Promise<{ readonly state: 'joined'; readonly workspace: LinkedWorkspace } | ClosedLink | undefined> {
  const found = await find(core, token);
  if (!found) return undefined;
  const { workspace, send } = found;
  const { workspace_id: workspaceId, user_id: userId, id, email } = found.invitation;
  const actor = { kind: 'invitee', id: userId, name: email } as const;
  return change(contextOf(core, { workspaceId, actor, requestId }), async (c) => {
    const user = await lockUser(c.scope, userId);
    const invitation = await findInvitation(c.scope, id);
    if (!user || !invitation) return undefined;
    const closed = closedState(invitation, send);
    if (closed) return { state: closed, workspace };
    c.advanceClock(user.now, user.updated_at);
    const state = { ...activated(stateOf(user), c.at), attributes: withName(user, input) };
    const updated = await updateUser(c.scope, user, state, c.at);
    const event = c.record(closedEvent(invitation, 'accepted'));
    await closeInvitations(c.scope, 'accepted', [{ id, event }], c.at);
    c.record({ action: 'user.joined', target: targetOf(updated), ...(diffUser(user, updated) ?? {}) });
    return { state: 'joined', workspace };
  });
}

function targetOf({ id, user_name: name }: { id: UserId; user_name: string }) {
  return { kind: 'user', id, name } as const;
}

async function find(core: Core, token: string): Promise<Found | undefined> {
  const read = readToken(token);
  const invitation = read && (await findLinked(core.db, read.id));
  if (!invitation) return undefined;
  const send = sendOf(invitationSettings(core), invitation, read.signature);
  if (send === undefined) return undefined;
  const workspace = await findWorkspace(scopeOf(core.db, invitation.workspace_id));
  if (!workspace) return undefined;
  return { invitation, send, workspace: { name: workspace.name, signInUrl: workspace.sign_in_url } };
}

/** Why a link can't be accepted any more; undefined while it can. */
function closedState(invitation: InvitationRow, send: number): ClosedLink['state'] | undefined {
  if (invitation.status !== 'pending') return invitation.status;
  return send === invitation.send ? undefined : 'replaced';
}

/** The attributes with the name that the invitee gave. What an identity provider keeps is left as it is. */
function withName({ attributes, managed_by }: UserRow, input: NameInput): JsonObject {
  if (managed_by === 'idp') return attributes;
  const given = tidy(input.givenName);
  const family = tidy(input.familyName);
  const full = tidy(input.name) ?? tidy([given, family].join(' '));
  if (full === undefined) throw invalid('name', 'is required: write the name by which others know you.');
  for (const [field, text] of Object.entries({ name: full, givenName: given, familyName: family })) {
    if (text !== undefined && !isName(text)) {
      throw invalid(field, `has ${NAME_RULE}.`);
    }
  }
  const name = {
    formatted: full,
    ...(given === undefined ? {} : { givenName: given }),
    ...(family === undefined ? {} : { familyName: family }),
  };
  return { ...attributes, displayName: full, name };
}

function tidy(text: string | undefined): string | undefined {
  const tidied = text?.replace(/\s+/g, ' ').trim();
  return tidied === '' ? undefined : tidied;
}
