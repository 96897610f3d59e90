import type { Knex } from 'knex';

/**
 * Grants. Effective access is the union of direct grants and of memberships × group grants; it is asked for, never
 * stored. Both kinds of grant are intervals, since <= t < until, so that it can be asked of any time.
 */
export async function up(knex: Knex): Promise<void> {
  const target = `
      kind text,
      account_role text,
      project_id uuid,
      role_id uuid,
      license_id uuid,
      target text generated always as (
        coalesce(account_role, '') || '/' || coalesce(project_id::text, '') || '/'
        || coalesce(role_id::text, '') || '/' || coalesce(license_id::text, '')) stored,`;
  const interval = `
      since timestamptz(3) not null,
      until timestamptz(3) not null default 'infinity',
      since_event uuid not null,
      until_event uuid,`;
  const constraints = (table: string) => `
      constraint ${table}_pkey primary key (workspace_id, id),
      constraint ${table}_project_fkey foreign key (workspace_id, project_id) references projects (workspace_id, id),
      constraint ${table}_role_fkey foreign key (workspace_id, role_id) references roles (workspace_id, id),
      constraint ${table}_license_fkey foreign key (workspace_id, license_id) references licenses (workspace_id, id),
      constraint ${table}_kind_check check (case kind
        when 'account_role' then account_role is not null and num_nonnulls(project_id, role_id, license_id) = 0
        when 'project_role' then project_id is not null and role_id is not null
          and num_nonnulls(account_role, license_id) = 0
        when 'entitlement' then license_id is not null and num_nonnulls(account_role, project_id, role_id) = 0
        else kind is null and num_nonnulls(account_role, project_id, role_id, license_id) = 0 end),
      constraint ${table}_interval_check check (until >= since),
      constraint ${table}_ended_check check ((until = 'infinity') = (until_event is null))`;

  await knex.raw(`
    create table direct_grants (
      workspace_id uuid not null,
      id uuid not null,
      user_id uuid not null,
      source text not null,
      -- What an identity provider pushed, and in which attribute. kind is null while the value names nothing.
      pushed_attribute text,
      pushed_value text,
      ${target}
      ${interval}
      ${constraints('direct_grants')},
      constraint direct_grants_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id),
      constraint direct_grants_source_check check (source in ('admin', 'invitation', 'pushed')),
      constraint direct_grants_account_role_check
        check (account_role in ('owner', 'admin', 'billing_manager', 'member')),
      constraint direct_grants_pushed_check check (
        (source = 'pushed') = (pushed_attribute is not null and pushed_value is not null)
        and (source = 'pushed' or kind is not null)
        and pushed_attribute in ('roles', 'entitlements'))
    );
    create unique index direct_grants_pushed_unique
      on direct_grants (workspace_id, user_id, pushed_attribute, lower(pushed_value))
      where until = 'infinity' and source = 'pushed';
    create unique index direct_grants_target_unique on direct_grants (workspace_id, user_id, source, target)
      where until = 'infinity' and source <> 'pushed';
    create index direct_grants_open_user on direct_grants (workspace_id, user_id) where until = 'infinity';
    create index direct_grants_unresolved on direct_grants (workspace_id) where until = 'infinity' and kind is null;
    create index direct_grants_owners on direct_grants (workspace_id)
      where until = 'infinity' and account_role = 'owner';
    create index direct_grants_open_license on direct_grants (workspace_id, license_id)
      where until = 'infinity' and license_id is not null;
    create index direct_grants_open_project on direct_grants (workspace_id, project_id)
      where until = 'infinity' and project_id is not null;

    create table group_grants (
      workspace_id uuid not null,
      id uuid not null,
      group_id uuid not null,
      -- 'own' was written on the group; 'rule' came from the mapping rule that reads its name.
      origin text not null,
      rule text,
      ${target}
      ${interval}
      ${constraints('group_grants')},
      constraint group_grants_group_fkey foreign key (workspace_id, group_id) references groups (workspace_id, id),
      constraint group_grants_origin_check check (origin in ('own', 'rule') and (origin = 'rule') = (rule is not null)),
      constraint group_grants_kind_given_check check (kind is not null),
      -- owner cannot be granted through a group.
      constraint group_grants_account_role_check check (account_role in ('admin', 'billing_manager', 'member'))
    );
    create unique index group_grants_open_unique on group_grants (workspace_id, group_id, origin, target)
      where until = 'infinity';
    create index group_grants_group on group_grants (workspace_id, group_id, since);
    create index group_grants_open_license on group_grants (workspace_id, license_id)
      where until = 'infinity' and license_id is not null;
    create index group_grants_open_project on group_grants (workspace_id, project_id)
      where until = 'infinity' and project_id is not null;

    create table mapping_rules (
      workspace_id uuid not null,
      position integer not null,
      match text not null,
      grants jsonb not null,
      constraint mapping_rules_pkey primary key (workspace_id, position),
      constraint mapping_rules_workspace_fkey foreign key (workspace_id) references workspaces (id)
    );
  `);
}
