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
import { NAME_RULE, nameProblem } from '../shared/names.ts';
import { activated, diffUser, stateOf } from '../shared/user-state.ts';
import { closedEvent } from './closing/close.ts';
import { getNamedGrants, type NamedGrants } from './grants.ts';
import { parseToken, sendOf } from './links.ts';

/** What a genuine link leads to. */
export type Link = OpenLink | ClosedLink;

export interface OpenLink {
  readonly state: 'open';
  readonly workspace: LinkedWorkspace;
  readonly email: string;
  readonly expiresAt: Date;
  readonly offer: NamedGrants;
  /** The invitee's name, if known. */
  readonly name: string | undefined;
  /** False when an identity provider keeps the name. */
  readonly asksName: boolean;
}

/** A link that can no longer be accepted; `replaced` means that a newer one was sent. */
export interface ClosedLink {
  readonly state: 'accepted' | 'revoked' | 'expired' | 'superseded' | 'replaced';
  readonly workspace: LinkedWorkspace;
}

export interface LinkedWorkspace {
  readonly name: string;
  /** Where the invitee signs in afterwards. */
  readonly signInUrl: string | null;
}

/** The invitee's name, in full or in parts. */
export interface NameInput {
  readonly name?: string | undefined;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
}

interface ResolvedLink {
  readonly invitation: InvitationRow;
  /** The send whose link this is. */
  readonly send: number;
  readonly workspace: LinkedWorkspace;
}

/** Reads what the token of a link leads to; undefined for one that was never issued. */
export async function openLink(core: Core, token: string): Promise<Link | undefined> {
  const link = await resolveLink(core, token);
  if (!link) return undefined;
  const { invitation, workspace } = link;
  const closed = closedState(invitation, link.send);
  if (closed) return { state: closed, workspace };
  const user = await findUser(scopeOf(core.db, invitation.workspace_id), invitation.user_id, {
    withGroups: false,
  });
  return {
    state: 'open',
    workspace,
    email: invitation.email,
    expiresAt: invitation.expires_at,
    offer: await getNamedGrants(core, invitation.workspace_id, invitation.user_id),
    name: user && user.full_name !== user.user_name ? user.full_name : undefined,
    asksName: user?.managed_by !== 'idp',
  };
}

/**
 * Accepts an invitation: activates its user with the invitation's grants and uses up the link; concurrent attempts
 * succeed once. Undefined for a token that was never issued. Throws `invalid` for a missing or unusable name.
 */
export async function acceptInvitation(
  core: Core,
  token: string,
  input: NameInput,
  requestId: string,
): Promise<{ readonly state: 'joined'; readonly workspace: LinkedWorkspace } | ClosedLink | undefined> {
  const link = await resolveLink(core, token);
  if (!link) return undefined;
  const { workspace, send } = link;
  const { workspace_id: workspaceId, user_id: userId, id, email } = link.invitation;
  const actor = { kind: 'invitee', id: userId, name: email } as const;
  return change(contextOf(core, { workspaceId, actor, requestId }), async (c) => {
    const user = await lockUser(c.scope, userId);
    const invitation = await findInvitation(c.scope, id);
    if (!user || !invitation) return undefined;
    const closed = closedState(invitation, send);
    if (closed) return { state: closed, workspace };
    c.advanceClock(user.now, user.updated_at);
    const state = { ...activated(stateOf(user), c.at), attributes: applyName(user, input) };
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

async function resolveLink(core: Core, token: string): Promise<ResolvedLink | undefined> {
  const parsed = parseToken(token);
  const invitation = parsed && (await findLinked(core.db, parsed.id));
  if (!invitation) return undefined;
  const send = sendOf(invitationSettings(core), invitation, parsed.signature);
  if (send === undefined) return undefined;
  const workspace = await findWorkspace(scopeOf(core.db, invitation.workspace_id));
  if (!workspace) return undefined;
  return { invitation, send, workspace: { name: workspace.name, signInUrl: workspace.sign_in_url } };
}

/** Why a link can no longer be accepted; undefined while it can. */
function closedState(invitation: InvitationRow, send: number): ClosedLink['state'] | undefined {
  if (invitation.status !== 'pending') return invitation.status;
  return send === invitation.send ? undefined : 'replaced';
}

/** The attributes with the invitee's name. Profiles managed by an identity provider stay as they are. */
function applyName({ attributes, managed_by }: UserRow, input: NameInput): JsonObject {
  if (managed_by === 'idp') return attributes;
  const given = normalizeSpaces(input.givenName);
  const family = normalizeSpaces(input.familyName);
  const full = normalizeSpaces(input.name) ?? normalizeSpaces([given, family].join(' '));
  if (full === undefined)
    throw invalid('name', 'is required: write the name by which others know you.', 'required');
  for (const [field, text] of Object.entries({ name: full, givenName: given, familyName: family })) {
    const problem = text === undefined ? undefined : nameProblem(text);
    if (problem) throw invalid(field, `has ${NAME_RULE}.`, problem);
  }
  const name = {
    formatted: full,
    ...(given === undefined ? {} : { givenName: given }),
    ...(family === undefined ? {} : { familyName: family }),
  };
  return { ...attributes, displayName: full, name };
}

function normalizeSpaces(text: string | undefined): string | undefined {
  const normalized = text?.replace(/\s+/g, ' ').trim();
  return normalized === '' ? undefined : normalized;
}
