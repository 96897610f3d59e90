import sql, { empty } from 'sql-template-tag';
import type { WorkspaceId } from '../ids.ts';
import { rows, type Db } from './db.ts';

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

/** One to be kept; `mentions` are the ids of the users and groups concerned. */
export interface NewProvisioningRequest extends ProvisioningRequestRow {
  readonly workspace_id: WorkspaceId;
  readonly mentions: readonly string[];
}

/** Keeps many requests in one statement. */
export async function appendProvisioningRequests(
  db: Db,
  requests: readonly NewProvisioningRequest[],
): Promise<void> {
  await rows(
    db,
    sql`insert into provisioning_requests (workspace_id, id, at, token_name, request_id, method, path, query, body,
        status, scim_type, detail, duration_ms, user_agent, mentions)
      select r.workspace_id, r.id, r.at, r.token_name, r.request_id, r.method, r.path, r.query, r.body, r.status,
        r.scim_type, r.detail, r.duration_ms, r.user_agent,
        array(select jsonb_array_elements_text(r.mentions)::uuid)
      from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r(workspace_id uuid, id uuid, at timestamptz,
        token_name text, request_id text, method text, path text, query text, body text, status integer,
        scim_type text, detail text, duration_ms real, user_agent text, mentions jsonb)
      where exists (select from workspaces w where w.id = r.workspace_id)`,
  );
}

export interface ProvisioningRequestFilter {
  /** Both included. */
  readonly status?: { readonly from: number; readonly to: number } | undefined;
  /** Ids of users and groups; all of them are mentioned. */
  readonly mentions: readonly string[];
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** The newest requests first, `limit` of them after a position. */
export function listProvisioningRequests(
  db: Db,
  workspaceId: WorkspaceId,
  filter: ProvisioningRequestFilter,
  page: { limit: number; after?: { at: Date; id: string } | undefined },
): Promise<ProvisioningRequestRow[]> {
  const { status, mentions, from, to } = filter;
  return rows<ProvisioningRequestRow>(
    db,
    sql`select id, at, token_name, request_id, method, path, query, body, status, scim_type, detail, duration_ms,
        user_agent
      from provisioning_requests
      where workspace_id = ${workspaceId}
        ${status ? sql`and status between ${status.from} and ${status.to}` : empty}
        ${mentions.length > 0 ? sql`and mentions @> ${mentions}::uuid[]` : empty}
        ${from ? sql`and at >= ${from}` : empty} ${to ? sql`and at < ${to}` : empty}
        ${page.after ? sql`and (at, id) < (${page.after.at}, ${page.after.id}::uuid)` : empty}
      order by at desc, id desc limit ${page.limit}`,
  );
}

/** Drops requests older than a time, at most `limit` of them, and answers how many. */
export async function dropProvisioningRequests(db: Db, before: Date, limit: number): Promise<number> {
  const dropped = await rows(
    db,
    sql`delete from provisioning_requests where (workspace_id, id) in (
        select workspace_id, id from provisioning_requests where at < ${before} order by at limit ${limit}
        for update skip locked)
      returning id`,
  );
  return dropped.length;
}
