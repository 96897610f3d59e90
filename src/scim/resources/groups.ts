import {
  getGroup,
  listGroupsByIndex,
  type GroupWithMembers,
  type MembersWanted,
} from '../../core/groups/pages.ts';
import { changeGroup, createGroup, deleteGroup } from '../../core/groups/write.ts';
import type { GroupRow } from '../../core/records.ts';
import { readGroup } from '../coerce/group.ts';
import { readListQuery } from '../list-query.ts';
import { groupChanges } from '../patch/group.ts';
import { parseProjection, type Projection } from '../projection.ts';
import { reply, type ScimReply } from '../reply.ts';
import { groupSchema } from '../schema/schema.ts';
import type { ScimContext } from './context.ts';
import { groupLocation, groupText } from './group-translation.ts';
import { listText } from './list-response.ts';
import type { ResourceVerbs } from './resource-class.ts';
import { etag } from './user-translation.ts';

/** The verbs of `/Groups`. */
export const groupVerbs: ResourceVerbs = {
  list: async (ctx, raw) => {
    const query = readListQuery(raw, groupSchema);
    const wanted = membersWanted(ctx, query.projection);
    const { total, groups } = await listGroupsByIndex(ctx.core, ctx.caller, query, wanted);
    const resources = groups.map((one) => groupText(one, ctx.publicUrl, query.projection));
    return reply(listText(resources, { total, startIndex: query.startIndex }));
  },

  read: async (ctx, id, raw) => {
    const projection = parseProjection(raw, groupSchema);
    return asReply(ctx, await getGroup(ctx.core, ctx.caller, id, membersWanted(ctx, projection)), projection);
  },

  create: async (ctx, body, raw) => {
    const projection = parseProjection(raw, groupSchema);
    const { displayName, externalId = null, members = [] } = readGroup(body);
    return shown(
      ctx,
      await createGroup(ctx.core, ctx.caller, { displayName, externalId, members }),
      projection,
    );
  },

  // Without `members` they stay as they are: RFC 7644 section 3.5.1 lets us, and emptying a group because a client
  // only renames it would take everybody's access away.
  replace: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, groupSchema);
    const { displayName, externalId = null, members } = readGroup(body);
    const base = members ? 'empty' : 'current';
    const edit = { displayName, externalId, members: { base, add: members ?? [], remove: [] } } as const;
    return shown(ctx, await changeGroup(ctx.core, ctx.caller, id, edit, ctx.expected), projection);
  },

  // 204, as Entra ID expects of a group's PATCH, unless `attributes` asks for the resource.
  patch: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, groupSchema);
    const group = await changeGroup(ctx.core, ctx.caller, id, groupChanges(body), ctx.expected);
    if (raw['attributes'] !== undefined) return shown(ctx, group, projection);
    ctx.res.setHeader('ETag', etag(group.version));
    return undefined;
  },

  remove: (ctx, id) => deleteGroup(ctx.core, ctx.caller, id, ctx.expected),
};

function membersWanted(ctx: ScimContext, projection: Projection): MembersWanted | undefined {
  return projection.wants('members') ? { usersUrl: `${ctx.publicUrl}/scim/v2/Users/` } : undefined;
}

async function shown(ctx: ScimContext, group: GroupRow, projection: Projection): Promise<ScimReply> {
  const wanted = membersWanted(ctx, projection);
  const found = wanted
    ? await getGroup(ctx.core, ctx.caller, group.id, wanted)
    : { group, members: undefined };
  return asReply(ctx, found, projection);
}

function asReply(ctx: ScimContext, found: GroupWithMembers, projection: Projection): ScimReply {
  return reply(groupText(found, ctx.publicUrl, projection), {
    etag: etag(found.group.version),
    location: groupLocation(ctx.publicUrl, found.group.id),
  });
}
