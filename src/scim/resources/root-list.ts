import {
  listRootByCursor,
  listRootByIndex,
  type MixedSelection,
  type RootItem,
  type RootParts,
} from '../../core/groups/root-list.ts';
import type { ScimReply } from '../http/reply.ts';
import { readSelection } from '../query/list-query.ts';
import { readPaging } from '../query/paging.ts';
import { parseProjection } from '../query/projection.ts';
import type { RawQuery } from '../query/raw-query.ts';
import { mixedGroupSchema, mixedUserSchema } from '../schema/root.ts';
import { groupSchema, userSchema } from '../schema/schema.ts';
import type { ScimContext } from './context.ts';
import { groupText } from './group-translation.ts';
import { membersWanted } from './groups.ts';
import { listReply } from './list-response.ts';
import { partsOf, userText } from './users.ts';

/**
 * A query at the root (RFC 7644 sections 3.4.2.1 and 3.4.3): users and groups in one list and one order. To a type that
 * has no such attribute, an attribute has no value.
 */
export async function listMixed(ctx: ScimContext, raw: RawQuery): Promise<ScimReply> {
  const selection: MixedSelection = {
    users: readSelection(raw, mixedUserSchema),
    groups: readSelection(raw, mixedGroupSchema),
  };
  const ofUsers = parseProjection(raw, userSchema);
  const ofGroups = parseProjection(raw, groupSchema);
  const parts: RootParts = { users: partsOf(ofUsers), members: membersWanted(ctx, ofGroups) };
  return listReply<RootItem>(ctx, readPaging(raw), {
    endpoint: '/',
    query: selection,
    byIndex: (page) => listRootByIndex(ctx, { ...selection, ...page }, parts),
    byCursor: (page) => listRootByCursor(ctx, { ...selection, ...page }, parts),
    show: (item) =>
      item.kind === 'user'
        ? userText(ctx, item.user, ofUsers)
        : groupText(item.group, ctx.publicUrl, ofGroups),
  });
}
