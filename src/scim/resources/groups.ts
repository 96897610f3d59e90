import {
  getGroup,
  type GroupWithMembers,
  listGroupsByCursor,
  listGroupsByIndex,
  type MemberOptions,
  withMemberStream,
} from '../../core/groups/pages.ts';
import { changeGroup, createGroup, deleteGroup } from '../../core/groups/write.ts';
import type { GroupRow } from '../../core/shared/records.ts';
import { etag } from '../http/entity-tags.ts';
import { reply, type ScimReply } from '../http/reply.ts';
import { readGroup } from '../input/group.ts';
import { groupChanges } from '../patch/group.ts';
import { readListQuery } from '../query/list-query.ts';
import { parseProjection, type Projection } from '../query/projection.ts';
import { groupSchema } from '../schema/schema.ts';
import type { ScimContext } from './context.ts';
import { groupLocation, groupText } from './group-translation.ts';
import { listReply } from './list-response.ts';
import type { ResourceVerbs } from './resource-class.ts';

/** The verbs of `/Groups`. */
export const groupVerbs: ResourceVerbs = {
  list: async (ctx, raw) => {
    const { selection, paging, projection } = readListQuery(raw, groupSchema);
    const members = membersWanted(ctx, projection);
    return listReply(ctx, paging, {
      endpoint: '/Groups',
      query: selection,
      byIndex: (page) => listGroupsByIndex(ctx, { ...selection, ...page }, members),
      byCursor: (page) => listGroupsByCursor(ctx, { ...selection, ...page }, members),
      show: (one) => groupText(one, ctx.publicUrl, projection),
    });
  },

  read: async (ctx, id, raw) => {
    const projection = parseProjection(raw, groupSchema);
    return asReply(ctx, await getGroup(ctx, id, membersWanted(ctx, projection)), projection);
  },

  create: async (ctx, body, raw) => {
    const projection = parseProjection(raw, groupSchema);
    const { displayName, externalId = null, members = [] } = readGroup(body);
    return shown(ctx, await createGroup(ctx, { displayName, externalId, members }), projection);
  },

  // Without `members` they stay as they are: RFC 7644 section 3.5.1 lets us, and emptying a group because a client
  // only renames it would take everybody's access away.
  replace: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, groupSchema);
    const { displayName, externalId = null, members } = readGroup(body);
    const base = members ? 'empty' : 'current';
    const edit = { displayName, externalId, members: { base, add: members ?? [], remove: [] } } as const;
    return shown(ctx, await changeGroup(ctx, id, edit, ctx.expected), projection);
  },

  // 204, as Entra ID expects of a group's PATCH, unless `attributes` asks for the resource.
  patch: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, groupSchema);
    const group = await changeGroup(ctx, id, groupChanges(body), ctx.expected);
    if (raw['attributes'] !== undefined) return shown(ctx, group, projection);
    return reply(undefined, aboutGroup(ctx, group));
  },

  remove: async (ctx, id) => {
    await deleteGroup(ctx, id, ctx.expected);
    return reply(undefined);
  },
};

/** Whether the members of groups must be loaded to be shown. */
export function membersWanted(ctx: ScimContext, projection: Projection): MemberOptions | undefined {
  return projection.wants('members') ? { usersUrl: `${ctx.publicUrl}/scim/v2/Users/` } : undefined;
}

/**
 * What was written, as it is now; its members are read when the answer is written. Where they cannot be read, it is shown
 * without them: an error would say that nothing was done.
 */
function shown(ctx: ScimContext, group: GroupRow, projection: Projection): ScimReply {
  const written = withMemberStream(ctx, group, membersWanted(ctx, projection));
  const otherwise = () => groupText({ group, members: undefined }, ctx.publicUrl, projection);
  return { ...asReply(ctx, written, projection), otherwise };
}

function asReply(ctx: ScimContext, found: GroupWithMembers, projection: Projection): ScimReply {
  return reply(groupText(found, ctx.publicUrl, projection), aboutGroup(ctx, found.group));
}

function aboutGroup(ctx: ScimContext, { id, version }: GroupRow): Omit<ScimReply, 'text'> {
  return { id, etag: etag(version), location: groupLocation(ctx.publicUrl, id) };
}
