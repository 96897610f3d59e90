import { z } from 'zod';
import type { Context } from '../../core/context/context.ts';
import { type DirectoryItem, getUserDetail, type UserDetail } from '../../core/users/directory.ts';
import { accessSchema, accountRoleSchema, shownAccess } from './access.ts';
import { conflictSchema, shownConflict } from './conflicts.ts';
import { invitationSchema, shownInvitation } from './invitations.ts';
import { machineSchema, shownMachine } from './machines.ts';

export const statusSchema = z.enum(['active', 'pending', 'inactive']);

/**
 * A user of the directory. `accountRole`, `licenses` and `projects` are what the user has or, while pending or
 * inactive, would have if active; `access` of the whole record is what counts now.
 */
export const userSchema = z
  .object({
    id: z.uuid(),
    userName: z.string(),
    fullName: z.string(),
    email: z.string().nullable(),
    picture: z.string().nullable(),
    status: statusSchema,
    accountRole: accountRoleSchema,
    organization: z.string().nullable(),
    licenses: z.array(z.string()),
    projects: z.array(z.object({ project: z.string(), role: z.string() })),
    joinedAt: z.iso.datetime().nullable(),
    lastAccessAt: z.iso.datetime().nullable(),
    source: z.enum(['scim', 'invitation', 'admin']),
    managedBy: z.enum(['idp', 'workspace']),
  })
  .meta({ id: 'User' });

/** A user of the directory as an answer. */
export function shownUser({
  user,
  accountRole,
  licenses,
  projects,
}: DirectoryItem): z.infer<typeof userSchema> {
  return {
    id: user.id,
    userName: user.user_name,
    fullName: user.full_name,
    email: user.email,
    picture: user.picture,
    status: user.status,
    accountRole,
    organization: user.organization,
    licenses: [...licenses],
    projects: [...projects],
    joinedAt: user.joined_at?.toISOString() ?? null,
    lastAccessAt: user.last_access_at?.toISOString() ?? null,
    source: user.source,
    managedBy: user.managed_by,
  };
}

const contacts = z.array(z.record(z.string(), z.unknown()));

/** All of a user's record. */
export const userDetailSchema = userSchema.extend({
  externalId: z.string().nullable(),
  givenName: z.string().nullable(),
  familyName: z.string().nullable(),
  title: z.string().nullable(),
  startDate: z.iso.date().nullable(),
  emails: contacts.describe('Email addresses, as pushed or written.'),
  phoneNumbers: contacts.describe('Phone numbers, as pushed or written.'),
  addresses: contacts,
  attributes: z
    .record(z.string(), z.unknown())
    .describe('Every other attribute of the profile, by its SCIM name.'),
  groups: z.array(z.object({ id: z.uuid(), displayName: z.string(), since: z.iso.datetime() })),
  access: accessSchema.describe('What may be used, and through what: nothing unless the user is active.'),
  conflicts: z.array(conflictSchema),
  pendingInvitation: invitationSchema
    .nullable()
    .describe('The invitation that the user can accept; null when there is none.'),
  machines: z.array(machineSchema),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  removedAt: z.iso.datetime().nullable().describe('Since when the user is inactive.'),
  erasedAt: z.iso.datetime().nullable().describe('Since when nothing tells any more who it was.'),
  truncated: z
    .array(z.enum(['groups', 'access', 'conflicts', 'machines']))
    .optional()
    .describe(
      'Lists that are longer than shown here: of groups the first 5,000 are, of conflicts and machines the first 1,000, ' +
        'of access everything the user has but not each of more than 5,000 ways to it.',
    ),
});

function shownDetail(all: UserDetail): z.infer<typeof userDetailSchema> {
  const { user, groups, access, conflicts, invitation, machines } = all;
  const { emails, phoneNumbers, addresses, title, ...attributes } = user.attributes;
  const name = (attributes['name'] ?? {}) as Record<string, unknown>;
  return {
    ...shownUser(all),
    externalId: user.external_id,
    givenName: text(name['givenName']),
    familyName: text(name['familyName']),
    title: text(title),
    startDate: user.start_date,
    emails: listed(emails),
    phoneNumbers: listed(phoneNumbers),
    addresses: listed(addresses),
    attributes,
    groups: groups.map((group) => ({
      id: group.id,
      displayName: group.display_name,
      since: group.since.toISOString(),
    })),
    access: shownAccess(access),
    conflicts: conflicts.map(shownConflict),
    pendingInvitation: invitation ? shownInvitation(invitation) : null,
    machines: machines.map(shownMachine),
    createdAt: user.created_at.toISOString(),
    updatedAt: user.updated_at.toISOString(),
    removedAt: user.removed_at?.toISOString() ?? null,
    erasedAt: user.erased_at?.toISOString() ?? null,
    ...(all.truncated.length > 0 ? { truncated: [...all.truncated] } : {}),
  };
}

/** A user as a change has left it, or as of a time. */
export async function shownUserOf(
  ctx: Context,
  id: string,
  asOf?: Date,
): Promise<z.infer<typeof userDetailSchema>> {
  return shownDetail(await getUserDetail(ctx, id, asOf));
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function listed(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
