import sql, { empty } from 'sql-template-tag';
import type { UserId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';
import { erasedKey, type ProvisioningRequestRow } from './scim-requests.ts';

/** What is kept of a request that may name people. */
export type KeptRequest = Pick<ProvisioningRequestRow, 'id' | 'path' | 'query' | 'body' | 'detail'>;

/** Keeps the keys of an erased person's texts for as long as requests that were noted before may still be written. */
export async function keepErasedTexts(
  scope: WriteScope,
  keys: readonly string[],
  how: { readonly at: Date; readonly isShared: boolean },
): Promise<void> {
  await rows(
    scope,
    sql`insert into erased_texts (workspace_id, key, erased_at, is_shared)
      select distinct ${scope.workspaceId}::uuid, ${erasedKey(sql`${scope.workspaceId}::uuid`, sql`k`)}, ${how.at}::timestamptz, ${how.isShared}::boolean
      from unnest(${keys}::uuid[]) k
      on conflict (workspace_id, key) do update set erased_at = excluded.erased_at,
        is_shared = erased_texts.is_shared and excluded.is_shared`,
  );
}

/** Which of some keys stand in no more than `most` requests. */
export async function rareKeys(scope: WriteScope, keys: readonly string[], most: number): Promise<string[]> {
  const found = await rows<{ key: string }>(
    scope,
    sql`select k.key from unnest(${keys}::uuid[]) as k(key), lateral (
        select count(*) as requests from (
          select from provisioning_requests r
          where r.workspace_id = ${scope.workspaceId} and r.mentions @> array[k.key] limit ${most + 1}) bounded) counted
      where counted.requests between 1 and ${most}`,
  );
  return found.map(({ key }) => key);
}

/** A text and the key by which requests are found that hold it. */
export interface KeyedText {
  readonly key: string;
  readonly text: string;
}

/** A request with texts to be taken out of it. */
export interface FoundRequest extends KeptRequest {
  /** Keys of those texts that also stand in the record of another user whom the request mentions: of them it tells. */
  readonly of_others: readonly string[];
}

/** A page of the requests that hold one of a person's texts, by id. */
export function requestsWithTexts(
  scope: WriteScope,
  userId: UserId,
  texts: readonly KeyedText[],
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<FoundRequest[]> {
  const keys = texts.map(({ key }) => key);
  return rows<FoundRequest>(
    scope,
    sql`with texts as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(texts)}::jsonb) as t(key uuid, text text)),
      found as materialized (
        select * from provisioning_requests r
        where r.workspace_id = ${scope.workspaceId} and r.mentions && ${keys}::uuid[]
          ${page.after === undefined ? empty : sql`and r.id > ${page.after}::uuid`}
        order by r.id limit ${page.limit})
      select r.id, r.path, r.query, r.body, r.detail, array(
          select t.key from texts t
          where t.key = any(r.mentions) and exists (
            select from users u
            where u.workspace_id = ${scope.workspaceId} and u.id = any(r.mentions) and u.id <> ${userId}
              and u.erased_at is null
              and position(lower(to_json(t.text)::text) in lower(u.attributes::text)) > 0)) as of_others
      from found r order by r.id`,
  );
}

/** Writes requests as they are without some texts, whose keys go with them unless they are others'. */
export async function rewriteRequests(
  scope: WriteScope,
  requests: readonly FoundRequest[],
  keys: readonly string[],
): Promise<void> {
  await rows(
    scope,
    sql`update provisioning_requests r set path = n.path, query = n.query, body = n.body, detail = n.detail,
        mentions = array(select m from unnest(r.mentions) m
          where m <> all(${keys}::uuid[]) or m = any(n.of_others))
      from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as n(id uuid, path text, query text, body text,
        detail text, of_others uuid[])
      where r.workspace_id = ${scope.workspaceId} and r.id = n.id`,
  );
}
