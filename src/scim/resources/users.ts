import type { ShownUser } from '../../core/shared/records.ts';
import { provisionUser } from '../../core/users/create-or-adopt.ts';
import { deleteUser } from '../../core/users/delete.ts';
import {
  getUser,
  type GroupBatches,
  groupsOfUser,
  listUsersByCursor,
  listUsersByIndex,
  type UserParts,
  type UserWithAccess,
} from '../../core/users/read.ts';
import { replaceUser } from '../../core/users/replace.ts';
import { etag } from '../http/entity-tags.ts';
import { explain, type JsonText, reply, type ScimReply } from '../http/reply.ts';
import { readUser } from '../input/user.ts';
import { patchUser } from '../patch/user.ts';
import { readListQuery } from '../query/list-query.ts';
import { parseProjection, project, type Projection } from '../query/projection.ts';
import { ROLLCALL_USER } from '../schema/rollcall.ts';
import { userSchema } from '../schema/schema.ts';
import type { ScimContext } from './context.ts';
import { withArray } from './group-translation.ts';
import { listReply } from './list-response.ts';
import type { ResourceVerbs } from './resource-class.ts';
import { groupOf, toDocument, toInput, toResource, userLocation } from './user-translation.ts';

/** The verbs of `/Users`. */
export const userVerbs: ResourceVerbs = {
  list: async (ctx, raw) => {
    const { selection, paging, projection } = readListQuery(raw, userSchema);
    const parts = partsOf(projection);
    return listReply(ctx, paging, {
      endpoint: '/Users',
      query: selection,
      byIndex: (page) => listUsersByIndex(ctx, { ...selection, ...page }, parts),
      byCursor: (page) => listUsersByCursor(ctx, { ...selection, ...page }, parts),
      show: (one) => userText(ctx, one, projection),
    });
  },

  read: async (ctx, id, raw) => {
    const projection = parseProjection(raw, userSchema);
    return asReply(ctx, await getUser(ctx, id, partsOf(projection)), projection);
  },

  create: async (ctx, body, raw) => {
    const projection = parseProjection(raw, userSchema);
    return shown(ctx, await provisionUser(ctx, toInput(readUser(body))), projection);
  },

  replace: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, userSchema);
    const input = toInput(readUser(body));
    return shown(ctx, await replaceUser(ctx, id, () => input, ctx.expected), projection);
  },

  patch: async (ctx, id, body, raw) => {
    const projection = parseProjection(raw, userSchema);
    const edit: Parameters<typeof replaceUser>[2] = (current) =>
      toInput(patchUser(toDocument(current), body));
    return shown(ctx, await replaceUser(ctx, id, edit, ctx.expected), projection);
  },

  remove: async (ctx, id) => {
    await deleteUser(ctx, id, ctx.expected);
    return reply(undefined);
  },
};

/** What of a user must be loaded to be shown. */
export function partsOf(projection: Projection): UserParts {
  return { groups: projection.wants('groups'), access: projection.wants(`${ROLLCALL_USER}:access`) };
}

/**
 * What was written, as it is now; the access is read only when it was asked for. Where it cannot be read, nor a great many
 * groups, the user is shown without: an error would say that nothing was done.
 */
async function shown(ctx: ScimContext, user: ShownUser, projection: Projection): Promise<ScimReply> {
  const parts = partsOf(projection);
  const written = { user, access: undefined };
  const one = parts.access
    ? await getUser(ctx, user.id, parts).catch((error: unknown) => {
        explain(error, { method: 'answer of a change', requestId: ctx.caller.requestId });
        return written;
      })
    : written;
  const otherwise = () =>
    JSON.stringify(project(toResource({ ...user, groups: null }, ctx.publicUrl), projection));
  return { ...asReply(ctx, one, projection), otherwise };
}

function asReply(ctx: ScimContext, one: UserWithAccess, projection: Projection): ScimReply {
  return reply(userText(ctx, one, projection), {
    id: one.user.id,
    etag: etag(one.user.version),
    location: userLocation(ctx.publicUrl, one.user.id),
  });
}

/** A user as SCIM's JSON text; that of one who is in very many groups comes in pieces. */
export function userText(
  ctx: ScimContext,
  { user, access }: UserWithAccess,
  projection: Projection,
): JsonText {
  const groups = groupsOfUser(ctx, user);
  if (!groups) return JSON.stringify(project(toResource(user, ctx.publicUrl, access), projection));
  const head = project(toResource({ ...user, groups: null }, ctx.publicUrl, access), projection);
  return withArray(JSON.stringify(head), 'groups', shownGroups(groups, ctx.publicUrl, projection));
}

async function* shownGroups(
  batches: GroupBatches,
  publicUrl: string,
  projection: Projection,
): AsyncGenerator<string> {
  for await (const batch of batches) {
    const { groups } = project({ groups: batch.map((group) => groupOf(group, publicUrl)) }, projection);
    yield groups === undefined ? '' : JSON.stringify(groups).slice(1, -1);
  }
}
