import { deleteUser } from '../../core/users/delete.ts';
import { provisionUser } from '../../core/users/provision.ts';
import { getUser, listUsersByIndex, type UserParts, type UserWithAccess } from '../../core/users/read.ts';
import type { ShownUser } from '../../core/records.ts';
import { replaceUser } from '../../core/users/replace.ts';
import { readUser } from '../coerce/user.ts';
import { readListQuery } from '../list-query.ts';
import { patchUser } from '../patch/user.ts';
import { parseProjection, project, type Projection } from '../projection.ts';
import { reply, type ScimReply } from '../reply.ts';
import { ROLLCALL_USER } from '../schema/rollcall.ts';
import { userSchema } from '../schema/schema.ts';
import type { ScimContext } from './context.ts';
import { listText } from './list-response.ts';
import type { ResourceVerbs } from './resource-class.ts';
import { etag, toDocument, toInput, toResource, userLocation } from './user-translation.ts';

/** The verbs of `/Users`. */
export const userVerbs: ResourceVerbs = {
  list: async (ctx, raw) => {
    const query = readListQuery(raw, userSchema);
    const { total, users } = await listUsersByIndex(ctx.core, ctx.caller, query, partsOf(query.projection));
    const resources = users.map((one) => textOf(ctx, one, query.projection));
    return reply(listText(resources, { total, startIndex: query.startIndex }));
  },

  read: async (ctx, id, raw) => {
    const projection = parseProjection(raw, userSchema);
    return asReply(ctx, await getUser(ctx.core, ctx.caller, id, partsOf(projection)), projection);
  },

  create: async (ctx, body, raw) => {
    const projection = parseProjection(raw, userSchema);
    return shown(ctx, await provisionUser(ctx.core, ctx.caller, toInput(readUser(body))), projection);
  },

  replace: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, userSchema);
    const input = toInput(readUser(body));
    return shown(ctx, await replaceUser(ctx.core, ctx.caller, id, () => input, ctx.expected), projection);
  },

  patch: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, userSchema);
    const edit: Parameters<typeof replaceUser>[3] = (current) =>
      toInput(patchUser(toDocument(current), body));
    return shown(ctx, await replaceUser(ctx.core, ctx.caller, id, edit, ctx.expected), projection);
  },

  remove: (ctx, id) => deleteUser(ctx.core, ctx.caller, id, ctx.expected),
};

function partsOf(projection: Projection): UserParts {
  return { groups: projection.wants('groups'), access: projection.wants(`${ROLLCALL_USER}:access`) };
}

/** What was written, as it is now; the access is read only when it was asked for. */
async function shown(ctx: ScimContext, user: ShownUser, projection: Projection): Promise<ScimReply> {
  const parts = partsOf(projection);
  const one = parts.access
    ? await getUser(ctx.core, ctx.caller, user.id, parts)
    : { user, access: undefined };
  return asReply(ctx, one, projection);
}

function asReply(ctx: ScimContext, one: UserWithAccess, projection: Projection): ScimReply {
  return reply(textOf(ctx, one, projection), {
    etag: etag(one.user.version),
    location: userLocation(ctx.publicUrl, one.user.id),
  });
}

function textOf(ctx: ScimContext, { user, access }: UserWithAccess, projection: Projection): string {
  return JSON.stringify(project(toResource(user, ctx.publicUrl, access), projection));
}
