import type { Knex } from 'knex';

/**
 * What access can be had to: products with licenses, organizations, projects, project roles.
 *
 * Nothing here is deleted: what was granted in the past must still have a name, so an ended row has `deleted_at`.
 * The row is its newest version, valid from `updated_at`; older versions move to `*_history` by trigger.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table products (
      workspace_id uuid not null,
      id uuid not null,
      key text not null,
      name text not null,
      enabled boolean not null default true,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      constraint products_pkey primary key (workspace_id, id),
      constraint products_workspace_fkey foreign key (workspace_id) references workspaces (id)
    );
    create unique index products_key_unique on products (workspace_id, lower(key));

    create table licenses (
      workspace_id uuid not null,
      id uuid not null,
      product_id uuid not null,
      key text not null,
      name text not null,
      seats integer,
      seats_used integer,
      overflow text not null default 'refuse',
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      deleted_at timestamptz(3),
      constraint licenses_pkey primary key (workspace_id, id),
      constraint licenses_product_fkey foreign key (workspace_id, product_id) references products (workspace_id, id),
      constraint licenses_overflow_check check (overflow in ('refuse', 'allow')),
      constraint licenses_seats_check check (seats >= 0),
      -- Only a limited license counts its seats; an unlimited one has no row for every writer to queue at.
      constraint licenses_seats_used_check check ((seats is null) = (seats_used is null) and seats_used >= 0)
    );
    create unique index licenses_key_unique on licenses (workspace_id, product_id, lower(key)) where deleted_at is null;
    create index licenses_limited on licenses (workspace_id) where seats is not null;

    create table organizations (
      workspace_id uuid not null,
      id uuid not null,
      key text not null,
      name text not null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      deleted_at timestamptz(3),
      constraint organizations_pkey primary key (workspace_id, id),
      constraint organizations_workspace_fkey foreign key (workspace_id) references workspaces (id)
    );
    create unique index organizations_key_unique on organizations (workspace_id, lower(key)) where deleted_at is null;

    create table projects (
      workspace_id uuid not null,
      id uuid not null,
      key text not null,
      name text not null,
      organization_id uuid,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      deleted_at timestamptz(3),
      constraint projects_pkey primary key (workspace_id, id),
      constraint projects_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint projects_organization_fkey foreign key (workspace_id, organization_id)
        references organizations (workspace_id, id)
    );
    create unique index projects_key_unique on projects (workspace_id, lower(key)) where deleted_at is null;
    create index projects_organization on projects (workspace_id, organization_id) where organization_id is not null;

    create table roles (
      workspace_id uuid not null,
      id uuid not null,
      key text not null,
      name text not null,
      rank integer not null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      constraint roles_pkey primary key (workspace_id, id),
      constraint roles_workspace_fkey foreign key (workspace_id) references workspaces (id)
    );
    create unique index roles_key_unique on roles (workspace_id, lower(key));
  `);
}
