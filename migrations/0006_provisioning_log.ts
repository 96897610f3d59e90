import type { Knex } from 'knex';

/** What identity providers sent and were answered, kept for 30 days: for finding out why a sync goes wrong. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table provisioning_requests (
      workspace_id uuid not null,
      id uuid not null,
      at timestamptz(3) not null,
      token_name text not null,
      request_id text not null,
      method text not null,
      path text not null,
      query text,
      body text,
      status integer not null,
      scim_type text,
      detail text,
      duration_ms real not null,
      user_agent text,
      -- Every id in the path, the body and the answer's Location: the users and groups concerned.
      mentions uuid[] not null,
      constraint provisioning_requests_pkey primary key (workspace_id, id),
      constraint provisioning_requests_workspace_fkey foreign key (workspace_id) references workspaces (id)
    );
    create index provisioning_requests_at on provisioning_requests (workspace_id, at, id);
    create index provisioning_requests_mentions on provisioning_requests using gin (workspace_id, mentions);
    create index provisioning_requests_expiry on provisioning_requests (at);
  `);
}
