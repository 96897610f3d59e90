import sql, { empty } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../ids.ts';
import type { Tx } from './db.ts';
import { erasedKey, type ProvisioningRequestRow } from './provisioning-log.ts';
import { rows } from './query.ts';

/** What is kept of a request that may name people. */
export type KeptRequest = Pick<ProvisioningRequestRow, 'id' | 'path' | 'query' | 'body' | 'detail'>;

/** Keeps the keys of an erased person's texts for as long as requests that were noted before may still be written. */
export async function keepErasedTexts(
  tx: Tx,
  workspaceId: WorkspaceId,
  keys: readonly string[],
  at: Date,
): Promise<void> {
  await rows(
    tx,
    sql`insert into erased_texts (workspace_id, key, erased_at)
      select distinct ${workspaceId}::uuid, ${erasedKey(sql`${workspaceId}::uuid`, sql`k`)}, ${at}::timestamptz from unnest(${keys}::uuid[]) k
      on conflict (workspace_id, key) do update set erased_at = excluded.erased_at`,
  );
}

/** Which of some keys stand in no more than `most` requests. */
export async function rareKeys(
  tx: Tx,
  workspaceId: WorkspaceId,
  keys: readonly string[],
  most: number,
): Promise<string[]> {
  const found = await rows<{ key: string }>(
    tx,
    sql`select k.key from unnest(${keys}::uuid[]) as k(key), lateral (
        select count(*) as requests from (
          select from provisioning_requests r
          where r.workspace_id = ${workspaceId} and r.mentions @> array[k.key] limit ${most + 1}) bounded) counted
      where counted.requests between 1 and ${most}`,
  );
  return found.map(({ key }) => key);
}

/**
 * A page of the requests that have one of some keys, by id; with `apartFrom`, only those that mention no user but that
 * one.
 */
export function requestsWithKeys(
  tx: Tx,
  workspaceId: WorkspaceId,
  keys: readonly string[],
  page: {
    readonly after: string | undefined;
    readonly limit: number;
    readonly apartFrom?: UserId | undefined;
  },
): Promise<KeptRequest[]> {
  const { after, limit, apartFrom } = page;
  const isOfNobodyElse = sql`and not exists (select from users u where u.workspace_id = r.workspace_id
    and u.id = any(r.mentions) and u.id <> ${apartFrom ?? null}::uuid and u.erased_at is null)`;
  return rows<KeptRequest>(
    tx,
    sql`select id, path, query, body, detail from provisioning_requests r
      where r.workspace_id = ${workspaceId} and r.mentions && ${keys}::uuid[]
        ${after === undefined ? empty : sql`and r.id > ${after}::uuid`}
        ${apartFrom === undefined ? empty : isOfNobodyElse}
      order by r.id limit ${limit}`,
  );
}

/** Writes requests as they are without some texts, whose keys go with them. */
export async function rewriteRequests(
  tx: Tx,
  workspaceId: WorkspaceId,
  requests: readonly KeptRequest[],
  keys: readonly string[],
): Promise<void> {
  await rows(
    tx,
    sql`update provisioning_requests r set path = n.path, query = n.query, body = n.body, detail = n.detail,
        mentions = array(select m from unnest(r.mentions) m where m <> all(${keys}::uuid[]))
      from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as n(id uuid, path text, query text, body text,
        detail text)
      where r.workspace_id = ${workspaceId} and r.id = n.id`,
  );
}
