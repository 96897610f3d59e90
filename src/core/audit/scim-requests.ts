import { notFound } from '../../lib/errors.ts';
import { asId, type GroupId, type UserId } from '../../lib/ids.ts';
import { log } from '../../lib/log.ts';
import {
  dropProvisioningRequests,
  listProvisioningRequests,
  type NewProvisioningRequest,
  type ProvisioningRequestRow,
} from '../../store/audit/scim-requests.ts';
import { groupIdByName } from '../../store/groups/groups.ts';
import { withNext } from '../../store/sql/keyset-page.ts';
import { itemsOf } from '../../store/sql/sized-page.ts';
import { userIdByName } from '../../store/users/users.ts';
import type { Context } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { prepareUserName } from '../shared/user-name.ts';
import { provisioningWriter } from './scim-request-writer.ts';

export type { NewProvisioningRequest, ProvisioningRequestRow };

/** Where the SCIM edge notes what came and what was answered, off the request's path. */
export interface ProvisioningLog {
  /** Notes one request; never waits and never fails. */
  readonly note: (request: NewProvisioningRequest) => void;
  /** Writes what has been noted and stops. */
  readonly close: () => Promise<void>;
  /** Writes what has been noted. */
  readonly flush: () => Promise<void>;
}

const FLUSH_EVERY_MS = 1_000;
/** How long requests are kept: 30 days. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const DROP_EVERY_MS = 60 * 60 * 1000;
const DROPPED_AT_ONCE = 10_000;

/**
 * Opens the provisioning log: requests are gathered and written by the batch, so what a crash may lose is its last
 * second. Requests older than 30 days are dropped every hour; several instances share that without meeting.
 */
export function openProvisioningLog(core: Core): ProvisioningLog {
  const writer = provisioningWriter(core);
  const drop = async (): Promise<void> => {
    try {
      while ((await dropProvisioningRequests(core.db, new Date(Date.now() - KEPT_MS), DROPPED_AT_ONCE)) > 0);
    } catch (error) {
      log.warn('Old entries of the provisioning log could not be dropped; it will be tried again.', {
        error,
      });
    }
  };

  const flushing = setInterval(() => void writer.write(), FLUSH_EVERY_MS).unref();
  const dropping = setInterval(() => void drop(), DROP_EVERY_MS).unref();
  return {
    note: writer.note,
    flush: writer.writeAll,
    close: () => {
      clearInterval(flushing);
      clearInterval(dropping);
      return writer.writeAll();
    },
  };
}

/** What an admin looks for in the log; `user` is an id or a userName, `group` an id or a displayName. */
export interface ProvisioningLogQuery {
  readonly status?: { readonly from: number; readonly to: number } | undefined;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** A page of the provisioning log, newest first. Throws `not_found` for a user or group that there never was. */
export async function listProvisioningLog(
  ctx: Context,
  query: ProvisioningLogQuery,
  page: { limit: number; after?: { at: Date; id: string } | undefined },
): Promise<{ items: readonly ProvisioningRequestRow[]; next: { at: Date; id: string } | null }> {
  const mentions: string[] = [];
  if (query.user !== undefined) {
    const id = asId<UserId>(query.user) ?? (await userIdByName(ctx.scope, prepareUserName(query.user)));
    if (!id) throw notFound('user', query.user);
    mentions.push(id);
  }
  if (query.group !== undefined) {
    const id = asId<GroupId>(query.group) ?? (await groupIdByName(ctx.scope, query.group));
    if (!id) throw notFound('group', query.group);
    mentions.push(id);
  }
  const { status, from, to } = query;
  const filter = { status, mentions, from, to };
  const found = await listProvisioningRequests(ctx.scope, filter, {
    ...page,
    limit: page.limit + 1,
  });
  return withNext(itemsOf(found, page.limit), ({ at, id }) => ({ at, id }));
}
