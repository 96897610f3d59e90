import sql, { empty, type Sql } from 'sql-template-tag';
import { RollcallError } from '../../lib/errors.ts';
import type { WorkspaceId } from '../../lib/ids.ts';
import type { Db } from '../db/pool.ts';
import { preparedRows } from '../db/prepared.ts';
import { rows } from '../db/query.ts';
import { acrossWorkspaces, type PoolScope, scopeOf, type WriteScope } from '../db/scope.ts';
import { answeredAtEnd, inTransaction } from '../db/transaction.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { endedBySize, type MoreRow } from '../sql/sized-page.ts';

/** One request of an identity provider and its answer. */
export interface ProvisioningRequestRow {
  readonly id: string;
  readonly at: Date;
  readonly token_name: string;
  readonly request_id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  /** JSON text, cut off where it was long; secrets are masked. */
  readonly body: string | null;
  readonly status: number;
  readonly scim_type: string | null;
  /** Why, where it was refused. */
  readonly detail: string | null;
  readonly duration_ms: number;
  readonly user_agent: string | null;
}

/** One to be kept; `mentions` are the ids of the users and groups concerned, and keys of names. */
export interface NewProvisioningRequest extends ProvisioningRequestRow {
  readonly workspace_id: WorkspaceId;
  readonly mentions: readonly string[];
}

/** The first number of our advisory locks: noting requests of a workspace, shared, and taking out what they said. */
const NOTING = 0x526f6c70;

/**
 * Keeps requests of one workspace in one statement; those that are kept already, by an attempt whose answer was lost, are
 * passed over. Of those that mention an erased person, or came before the end of an erasure and say one of its texts,
 * nothing that was said is kept: an erasure that is under way is waited for, since it can't see what is being noted. Throws `busy` in its place when `isPatient` is false.
 */
export async function appendProvisioningRequests(
  scope: PoolScope,
  requests: readonly NewProvisioningRequest[],
  { isPatient }: { readonly isPatient: boolean },
): Promise<void> {
  const key = sql`${NOTING}::integer, hashtext(${scope.workspaceId})`;
  await inTransaction(
    scope.db,
    async (tx) => {
      const inTx = scopeOf(tx, scope.workspaceId);
      // A statement of its own: the next one sees what was committed while this one waited.
      if (isPatient) await rows(inTx, sql`select pg_advisory_xact_lock_shared(${key})`);
      else {
        const [lock] = await rows<{ taken: boolean }>(
          inTx,
          sql`select pg_try_advisory_xact_lock_shared(${key}) as taken`,
        );
        if (!lock?.taken)
          throw new RollcallError('busy', 'Somebody is being erased from the provisioning log.');
      }
      answeredAtEnd(tx, () => insertRequests(inTx, requests));
    },
    { isEager: true },
  );
}

/** Hashed once more: the key of a text in the form of an id is that id. */
export function erasedKey(workspace: Sql, key: Sql): Sql {
  return sql`md5(${workspace}::text || ' ' || ${key}::text)::uuid`;
}

async function insertRequests(scope: WriteScope, requests: readonly NewProvisioningRequest[]): Promise<void> {
  const isErasedText = sql`t.workspace_id = ${unestimated(scope.workspaceId)} and t.key = ${erasedKey(sql`${scope.workspaceId}`, sql`m`)}`;
  await preparedRows(
    scope,
    'append_requests',
    // Materialized, so that each request is read once, and the few who were erased are looked for by their own index.
    sql`with r as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r(workspace_id uuid, id uuid,
          at timestamptz, token_name text, request_id text, method text, path text, query text, body text,
          status integer, scim_type text, detail text, duration_ms real, user_agent text, mentions uuid[])),
      gone as materialized (
        select r.id from r where exists (select from users u
            where u.workspace_id = ${unestimated(scope.workspaceId)} and u.id = any(r.mentions) and u.erased_at is not null)
          or exists (select from erased_texts where workspace_id = ${unestimated(scope.workspaceId)}) and exists (
            select from unnest(r.mentions) m join erased_texts t on ${isErasedText}
            where r.at - r.duration_ms * interval '1 millisecond' <= t.erased_at + case when t.is_shared then interval '1 second' else interval '5 seconds' end))
      insert into provisioning_requests (workspace_id, id, at, token_name, request_id, method, path, query, body,
        status, scim_type, detail, duration_ms, user_agent, mentions)
      select r.workspace_id, r.id, r.at, r.token_name, r.request_id, r.method,
        case when gone.id is null then r.path else ${erasedPath(sql`r.path`)} end,
        case when gone.id is null then r.query end, case when gone.id is null then r.body end, r.status, r.scim_type,
        case when gone.id is null then r.detail end, r.duration_ms, r.user_agent,
        case when gone.id is null then r.mentions else array(select m from unnest(r.mentions) m where not exists (
          select from erased_texts t where ${isErasedText})) end
      from r left join gone using (id)
      where exists (select from workspaces w where w.id = r.workspace_id)
      on conflict (workspace_id, id) do nothing`,
  );
}

const RESOURCES = 'scim|v2|Users|Groups|Me|Bulk|Schemas|ResourceTypes|ServiceProviderConfig|[.]search';
const NEITHER = `/(?!(?:${RESOURCES}|[0-9a-f-]{36})(?:/|$))[^/]+`;

/** A request's path without what is neither the name of a resource nor an id. */
function erasedPath(path: Sql): Sql {
  return sql`regexp_replace(${path}, ${NEITHER}::text, '/(erased)', 'gi')`;
}

/** The same of a path that has been read. */
export function pathOfResources(path: string): string {
  return path.replace(new RegExp(NEITHER, 'gi'), '/(erased)');
}

/** From here to the end of the transaction no request of a workspace is noted. */
export async function holdNoting(scope: WriteScope): Promise<void> {
  await rows(scope, sql`select pg_advisory_xact_lock(${NOTING}::integer, hashtext(${scope.workspaceId}))`);
}

export interface ProvisioningRequestFilter {
  /** Both included. */
  readonly status?: { readonly from: number; readonly to: number } | undefined;
  /** Ids of users and groups; all of them are mentioned. */
  readonly mentions: readonly string[];
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** The newest requests first, `limit` of them after a position, ended at a size. */
export function listProvisioningRequests(
  scope: PoolScope,
  filter: ProvisioningRequestFilter,
  page: { limit: number; after?: { at: Date; id: string } | undefined },
): Promise<(ProvisioningRequestRow & MoreRow)[]> {
  const { status, mentions, from, to } = filter;
  return rows<ProvisioningRequestRow & MoreRow>(
    scope,
    endedBySize(sql`select id, at, token_name, request_id, method, path, query, body, status, scim_type, detail, duration_ms,
        user_agent
      from provisioning_requests
      where workspace_id = ${scope.workspaceId}
        ${status ? sql`and status between ${status.from} and ${status.to}` : empty}
        ${mentions.length > 0 ? sql`and mentions @> ${mentions}::uuid[]` : empty}
        ${from ? sql`and at >= ${from}` : empty} ${to ? sql`and at < ${to}` : empty}
        ${page.after ? sql`and (at, id) < (${page.after.at}, ${page.after.id}::uuid)` : empty}
      order by at desc, id desc limit ${page.limit}`),
  );
}

/**
 * Drops requests older than a time, at most `limit` of them, and answers how many; and keys of erased texts that no entry
 * can wait for any more.
 */
export async function dropProvisioningRequests(db: Db, before: Date, limit: number): Promise<number> {
  await rows(acrossWorkspaces(db), sql`delete from erased_texts where erased_at < now() - interval '1 hour'`);
  const dropped = await rows(
    acrossWorkspaces(db),
    sql`delete from provisioning_requests where (workspace_id, id) in (
        select workspace_id, id from provisioning_requests where at < ${before} order by at limit ${limit}
        for update skip locked)
      returning id`,
  );
  return dropped.length;
}
