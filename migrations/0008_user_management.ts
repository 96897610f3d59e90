import type { Knex } from 'knex';

/** What admins and products tell of users: an organization beside the pushed one, when they were seen, machines. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- The key that an identity provider pushed last, so that pushing the same again is known for no change.
    alter table users add column organization_last_pushed text;
    alter table users_history add column organization_last_pushed text;
    update users u set organization_last_pushed = coalesce(u.organization_pushed,
        (select o.key from organizations o where o.workspace_id = u.workspace_id and o.id = u.organization_id))
      where u.managed_by = 'idp' and (u.organization_id is not null or u.organization_pushed is not null);

    -- The days (UTC) on which users were seen: what the last access was as of a past date. One row a day at most.
    create table user_access_days (
      workspace_id uuid not null,
      user_id uuid not null,
      day date not null,
      first_at timestamptz(3) not null,
      last_at timestamptz(3) not null,
      constraint user_access_days_pkey primary key (workspace_id, user_id, day),
      constraint user_access_days_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id),
      constraint user_access_days_order_check check (last_at >= first_at)
    );
    insert into user_access_days (workspace_id, user_id, day, first_at, last_at)
      select workspace_id, user_id, (at at time zone 'UTC')::date, at, at from user_last_access;

    -- Registered from registered_at until removed_at; its user's removal ends it. The events say who did it.
    create table machines (
      workspace_id uuid not null,
      id uuid not null,
      user_id uuid not null,
      product_id uuid,
      name text not null,
      fingerprint text not null,
      registered_at timestamptz(3) not null,
      last_seen_at timestamptz(3) not null,
      removed_at timestamptz(3),
      since_event uuid not null,
      until_event uuid,
      constraint machines_pkey primary key (workspace_id, id),
      constraint machines_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id),
      constraint machines_product_fkey foreign key (workspace_id, product_id) references products (workspace_id, id),
      constraint machines_interval_check check (removed_at >= registered_at),
      constraint machines_removed_check check ((removed_at is null) = (until_event is null))
    );
    create unique index machines_fingerprint_unique on machines (workspace_id, fingerprint) where removed_at is null;
    create index machines_user on machines (workspace_id, user_id) where removed_at is null;
    create index machines_name on machines (workspace_id, (lower(name) collate "C"), id) where removed_at is null;
  `);
}
