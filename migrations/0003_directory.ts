import type { Knex } from 'knex';
import { historyOf } from './history.ts';

/** Users, groups, and who was a member when. */
export async function up(knex: Knex): Promise<void> {
  // Trusted since PostgreSQL 13: the owner of the database may create it. It puts the workspace into the GIN index.
  await knex.raw('create extension if not exists btree_gin');

  await knex.raw(`
    create function user_email(attributes jsonb, user_name text) returns text
      language sql immutable parallel safe as $$
      select coalesce(
        jsonb_path_query_first(attributes, '$.emails[*] \\? (@.primary == true).value') #>> '{}',
        jsonb_path_query_first(attributes, '$.emails[*].value') #>> '{}',
        case when user_name like '%@%' then user_name end)
    $$;

    create function user_email_keys(attributes jsonb) returns text[]
      language sql immutable parallel safe as $$
      select coalesce(array_agg(lower(value #>> '{}')), '{}')
      from jsonb_path_query(attributes, '$.emails[*].value') as value
    $$;

    create function user_full_name(attributes jsonb, user_name text) returns text
      language sql immutable parallel safe as $$
      select coalesce(
        nullif(attributes ->> 'displayName', ''),
        nullif(attributes -> 'name' ->> 'formatted', ''),
        nullif(trim(coalesce(attributes -> 'name' ->> 'givenName', '') || ' '
          || coalesce(attributes -> 'name' ->> 'familyName', '')), ''),
        user_name)
    $$;
  `);

  await knex.raw(`
    create table users (
      workspace_id uuid not null,
      id uuid not null,
      user_name text not null,
      external_id text,
      status text not null,
      source text not null,
      managed_by text not null,
      attributes jsonb not null default '{}',
      full_name text not null generated always as (user_full_name(attributes, user_name)) stored,
      email text generated always as (user_email(attributes, user_name)) stored,
      email_keys text[] not null generated always as (user_email_keys(attributes)) stored,
      organization_id uuid,
      organization_pushed text,
      start_date date,
      joined_at timestamptz(3),
      active_since timestamptz(3),
      removed_at timestamptz(3),
      version bigint not null default 1,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      deleted_at timestamptz(3),
      constraint users_pkey primary key (workspace_id, id),
      constraint users_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint users_organization_fkey foreign key (workspace_id, organization_id)
        references organizations (workspace_id, id),
      constraint users_status_check check (status in ('pending', 'active', 'inactive')),
      constraint users_source_check check (source in ('scim', 'invitation', 'admin')),
      constraint users_managed_by_check check (managed_by in ('idp', 'workspace')),
      constraint users_active_since_check check ((status = 'active') = (active_since is not null)),
      constraint users_removed_at_check check ((status = 'inactive') = (removed_at is not null)),
      -- SCIM no longer shows a deleted user; its record stays, and is always inactive.
      constraint users_deleted_check check (deleted_at is null or status = 'inactive'),
      constraint users_organization_check check (organization_id is null or organization_pushed is null)
    );
    -- Deleted users keep their name: a POST with it brings the same record back.
    create unique index users_user_name_unique on users (workspace_id, lower(user_name));
    create index users_external_id on users (workspace_id, external_id) where external_id is not null;
    create index users_email_keys on users using gin (workspace_id, email_keys);
    create index users_display_name on users (workspace_id, lower(attributes ->> 'displayName'));
    create index users_organization on users (workspace_id, organization_id) where organization_id is not null;

    create table user_last_access (
      workspace_id uuid not null,
      user_id uuid not null,
      at timestamptz(3) not null,
      constraint user_last_access_pkey primary key (workspace_id, user_id),
      constraint user_last_access_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id)
    );

    create table groups (
      workspace_id uuid not null,
      id uuid not null,
      display_name text not null,
      external_id text,
      source text not null,
      version bigint not null default 1,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      deleted_at timestamptz(3),
      constraint groups_pkey primary key (workspace_id, id),
      constraint groups_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint groups_source_check check (source in ('scim', 'admin'))
    );
    create unique index groups_display_name_unique on groups (workspace_id, lower(display_name))
      where deleted_at is null;
    create index groups_external_id on groups (workspace_id, external_id) where external_id is not null;

    -- One interval of one user in one group: since <= t < until. The events say who opened and who ended it.
    create table memberships (
      workspace_id uuid not null,
      id bigint not null generated always as identity,
      group_id uuid not null,
      user_id uuid not null,
      since timestamptz(3) not null,
      until timestamptz(3) not null default 'infinity',
      since_event uuid not null,
      until_event uuid,
      constraint memberships_pkey primary key (workspace_id, id),
      constraint memberships_group_fkey foreign key (workspace_id, group_id) references groups (workspace_id, id),
      constraint memberships_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id),
      constraint memberships_interval_check check (until >= since),
      constraint memberships_ended_check check ((until = 'infinity') = (until_event is null))
    );
    create unique index memberships_open_unique on memberships (workspace_id, group_id, user_id)
      where until = 'infinity';
    create index memberships_open_user on memberships (workspace_id, user_id, group_id) where until = 'infinity';
    create index memberships_user on memberships (workspace_id, user_id, since);
  `);

  for (const table of ['users', 'groups', 'products', 'licenses', 'organizations', 'projects', 'roles']) {
    await knex.raw(historyOf(table));
  }
}
