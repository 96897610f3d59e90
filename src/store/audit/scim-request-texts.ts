import sql, { raw } from 'sql-template-tag';
import type { UserId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';
import type { NewProvisioningRequest } from './scim-requests.ts';
import { erasedKey } from './scim-requests.ts';

/** What is kept of a request that may name people, and by what it is found. */
export type FoundRequest = Pick<
  NewProvisioningRequest,
  'id' | 'path' | 'query' | 'body' | 'detail' | 'mentions'
>;

/**
 * Keeps the keys of an erased person's texts for as long as requests that were noted before may still be written. They
 * count as erased from the moment of this statement on, so that it is the last of the erasure.
 */
export async function keepErasedTexts(
  scope: WriteScope,
  keys: readonly string[],
  isShared: boolean,
): Promise<void> {
  await rows(
    scope,
    sql`insert into erased_texts (workspace_id, key, erased_at, is_shared)
      select ${scope.workspaceId}, ${erasedKey(sql`${scope.workspaceId}::uuid`, sql`k`)}, clock_timestamp(), ${isShared}
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

/** Which of some texts in the form of ids are the ids of users or groups. */
export async function idsOfRecords(scope: WriteScope, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await rows<{ id: string }>(
    scope,
    sql`select id from users where workspace_id = ${scope.workspaceId} and id = any(${ids}::uuid[])
      union all select id from groups where workspace_id = ${scope.workspaceId} and id = any(${ids}::uuid[])`,
  );
  return new Set(found.map(({ id }) => id));
}

/** Requests of a page that is read, and written again. */
const PAGE = 50;

/**
 * The requests that mention one of some keys, a page at a time, as they are when the first is read; those that mention
 * several may come again. OFFSET 0 has each key looked up by itself, whatever the planner knows of them.
 */
export async function eachPageOfRequests(
  scope: WriteScope,
  keys: readonly string[],
  take: (page: readonly FoundRequest[]) => Promise<void>,
): Promise<void> {
  await rows(
    scope,
    sql`declare requests_of_keys no scroll cursor for
      select r.* from unnest(${keys}::uuid[]) as k(key), lateral (
        select id, path, query, body, detail, mentions from provisioning_requests
        where workspace_id = ${scope.workspaceId} and mentions @> array[k.key] offset 0) r`,
  );
  const next = () => rows<FoundRequest>(scope, sql`fetch ${raw(String(PAGE))} from requests_of_keys`);
  for (let page = await next(); page.length > 0; page = await next()) await take(page);
  await rows(scope, sql`close requests_of_keys`);
}

/**
 * For each of some requests, which of some texts also stand in the record of another user whom the request mentions: of
 * them it tells. Each record is read once for a request.
 */
export async function keysOfOthers(
  scope: WriteScope,
  userId: UserId,
  texts: readonly KeyedText[],
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = await rows<{ id: string; keys: string[] }>(
    scope,
    sql`with texts as materialized (
        select key, lower(to_json(text)::text) as told
        from jsonb_to_recordset(${JSON.stringify(texts)}::jsonb) as t(key uuid, text text))
      select r.id, array_agg(distinct t.key) as keys
      from provisioning_requests r, lateral (
        select lower(u.attributes::text) as told from users u
        where u.workspace_id = ${scope.workspaceId} and u.id = any(r.mentions) and u.id <> ${userId}
          and u.erased_at is null offset 0) record, texts t
      where r.workspace_id = ${scope.workspaceId} and r.id = any(${requestIds}::uuid[]) and t.key = any(r.mentions)
        and position(t.told in record.told) > 0
      group by r.id`,
  );
  return new Map(found.map(({ id, keys }) => [id, new Set(keys)]));
}

/** Writes requests as they are without what is erased. */
export async function rewriteRequests(scope: WriteScope, requests: readonly FoundRequest[]): Promise<void> {
  await rows(
    scope,
    sql`update provisioning_requests r set path = n.path, query = n.query, body = n.body, detail = n.detail,
        mentions = n.mentions
      from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as n(id uuid, path text, query text, body text,
        detail text, mentions uuid[])
      where r.workspace_id = ${scope.workspaceId} and r.id = n.id`,
  );
}
