import { z } from 'zod';
import { listDirectory, userDetail, type DirectoryItem, type UserDetail } from '../../core/directory.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { accessSchema, accountRoleSchema, shownAccess } from './access.ts';
import { conflictSchema, shownConflict } from './conflicts.ts';

const status = z.enum(['active', 'pending', 'inactive']);

/** One or more statuses, separated by commas. */
export const statusesSchema = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(status));

/**
 * A user of the directory. `accountRole`, `licenses` and `projects` are what the user has or, while pending or
 * inactive, would have if active; `access` of the whole record is what counts now.
 */
const item = z.object({
  id: z.uuid(),
  userName: z.string(),
  fullName: z.string(),
  email: z.string().nullable(),
  picture: z.string().nullable(),
  status,
  accountRole: accountRoleSchema,
  organization: z.string().nullable(),
  licenses: z.array(z.string()),
  projects: z.array(z.object({ project: z.string(), role: z.string() })),
  joinedAt: z.iso.datetime().nullable(),
  lastAccessAt: z.iso.datetime().nullable(),
  source: z.enum(['scim', 'invitation', 'admin']),
  managedBy: z.enum(['idp', 'workspace']),
});

const contacts = z.array(z.record(z.string(), z.unknown()));

const detail = item.extend({
  externalId: z.string().nullable(),
  startDate: z.iso.date().nullable(),
  title: z.string().nullable(),
  emails: contacts,
  phoneNumbers: contacts,
  addresses: contacts,
  /** Every other attribute of the profile, by its SCIM name. */
  attributes: z.record(z.string(), z.unknown()),
  groups: z.array(z.object({ id: z.uuid(), displayName: z.string(), since: z.iso.datetime() })),
  access: accessSchema,
  conflicts: z.array(conflictSchema),
  pendingInvitation: z.null(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  removedAt: z.iso.datetime().nullable(),
});

function shown({ user, accountRole, licenses, projects }: DirectoryItem): z.infer<typeof item> {
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

function shownDetail(all: UserDetail): z.infer<typeof detail> {
  const { user, groups, access, conflicts } = all;
  const { emails, phoneNumbers, addresses, title, ...attributes } = user.attributes;
  const listed = (value: unknown) => (Array.isArray(value) ? (value as Record<string, unknown>[]) : []);
  return {
    ...shown(all),
    externalId: user.external_id,
    startDate: user.start_date,
    title: typeof title === 'string' ? title : null,
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
    pendingInvitation: null,
    createdAt: user.created_at.toISOString(),
    updatedAt: user.updated_at.toISOString(),
    removedAt: user.removed_at?.toISOString() ?? null,
  };
}

export const userRoutes = [
  route({
    method: 'get',
    path: '/users',
    summary: 'The directory: everybody there is, was, or was invited',
    scopes: READERS,
    query: listQuery(['name', 'email', 'status', 'joined', 'lastAccess'], 'name').extend({
      status: statusesSchema.optional(),
      organization: z.string().optional(),
      product: z.string().optional(),
      project: z.string().optional(),
    }),
    reply: listReply(item),
    statuses: [200],
    handler: async ({ core, caller, query }) => {
      const { status: statuses, organization, product, project } = query;
      const filter = { statuses, organization, product, project };
      return listOf(await listDirectory(core, caller, filter, pageOf(query)), query, shown);
    },
  }),
  route({
    method: 'get',
    path: '/users/{id}',
    summary: 'Everything about one user',
    scopes: READERS,
    params: z.object({ id: z.string() }),
    reply: detail,
    statuses: [200],
    handler: async ({ core, caller, params }) => shownDetail(await userDetail(core, caller, params.id)),
  }),
];
