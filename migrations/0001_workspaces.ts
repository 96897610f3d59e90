import type { Knex } from 'knex';

/** Workspaces (tenants) and the tokens that open them. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table workspaces (
      id uuid not null,
      key text not null,
      name text not null,
      sign_in_url text,
      integration_enabled boolean not null default true,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      constraint workspaces_pkey primary key (id)
    );
    create unique index workspaces_key_unique on workspaces (lower(key));

    create table tokens (
      workspace_id uuid not null,
      id uuid not null,
      name text not null,
      scope text not null,
      hash bytea not null,
      created_at timestamptz(3) not null,
      expires_at timestamptz(3),
      revoked_at timestamptz(3),
      last_used_at timestamptz(3),
      constraint tokens_pkey primary key (workspace_id, id),
      constraint tokens_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint tokens_hash_unique unique (hash),
      constraint tokens_scope_check check (scope in ('scim', 'admin', 'auditor', 'product', 'operator'))
    );
  `);
}
