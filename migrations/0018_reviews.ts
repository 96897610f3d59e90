import type { Knex } from 'knex';

/**
 * Access reviews (docs/adr/0013): a list of who had what when the review was opened, by ids alone, what was decided of
 * each row and when, and what came of it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table reviews (
      workspace_id uuid not null,
      id uuid not null,
      name text not null,
      -- What it is of: the product or project that is set, or else the whole workspace.
      product_id uuid,
      project_id uuid,
      status text not null default 'open',
      due_at timestamptz(3) not null,
      -- The time as of which the rows, and every name beside them, are told.
      opened_at timestamptz(3) not null,
      opened_event uuid not null,
      row_count integer not null,
      -- What closing said of rows that nobody had decided, and who signed.
      undecided text,
      signed_by text,
      closing_at timestamptz(3),
      closing_event uuid,
      ended_at timestamptz(3),
      ended_event uuid,
      constraint reviews_pkey primary key (workspace_id, id),
      constraint reviews_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint reviews_product_fkey foreign key (workspace_id, product_id) references products (workspace_id, id),
      constraint reviews_project_fkey foreign key (workspace_id, project_id) references projects (workspace_id, id),
      constraint reviews_scope_check check (num_nonnulls(product_id, project_id) <= 1),
      constraint reviews_status_check check (status in ('open', 'closing', 'closed', 'cancelled')),
      constraint reviews_undecided_check check (undecided in ('keep', 'revoke')),
      constraint reviews_closing_check check (
        (closing_at is null) = (closing_event is null)
        and (closing_at is not null) = (status in ('closing', 'closed'))),
      constraint reviews_ended_check check (
        (ended_at is null) = (ended_event is null) and (ended_at is not null) = (status in ('closed', 'cancelled')))
    );
    create index reviews_opened on reviews (workspace_id, opened_at, id);
    create index reviews_closing on reviews (workspace_id, id) where status = 'closing';

    -- One thing that one user had by one way. Frozen but for its outcome, which closing writes.
    create table review_rows (
      workspace_id uuid not null,
      review_id uuid not null,
      number integer not null,
      user_id uuid not null,
      kind text not null,
      account_role text,
      project_id uuid,
      role_id uuid,
      license_id uuid,
      -- As grants have it, so that a row is found again among them.
      target text not null generated always as (
        coalesce(account_role, '') || '/' || coalesce(project_id::text, '') || '/'
        || coalesce(role_id::text, '') || '/' || coalesce(license_id::text, '')) stored,
      -- Directly, from this source; or through this group.
      source text,
      group_id uuid,
      origin text,
      rule text,
      granted_at timestamptz(3) not null,
      granted_event uuid not null,
      outcome text,
      outcome_reason text,
      outcome_at timestamptz(3),
      -- The event that took it away.
      outcome_event uuid,
      constraint review_rows_pkey primary key (workspace_id, review_id, number),
      constraint review_rows_review_fkey foreign key (workspace_id, review_id) references reviews (workspace_id, id),
      constraint review_rows_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id),
      constraint review_rows_project_fkey foreign key (workspace_id, project_id)
        references projects (workspace_id, id),
      constraint review_rows_role_fkey foreign key (workspace_id, role_id) references roles (workspace_id, id),
      constraint review_rows_license_fkey foreign key (workspace_id, license_id)
        references licenses (workspace_id, id),
      constraint review_rows_group_fkey foreign key (workspace_id, group_id) references groups (workspace_id, id),
      constraint review_rows_kind_check check (kind in ('account_role', 'project_role', 'entitlement')),
      constraint review_rows_way_check check (num_nonnulls(source, group_id) = 1),
      constraint review_rows_outcome_check check (outcome in ('revoked', 'task', 'already_ended', 'refused')),
      constraint review_rows_outcome_at_check check ((outcome is null) = (outcome_at is null)),
      constraint review_rows_revoked_check check ((outcome is not distinct from 'revoked') = (outcome_event is not null)),
      constraint review_rows_reason_check check ((outcome is not distinct from 'refused') = (outcome_reason is not null))
    );
    create index review_rows_user on review_rows (workspace_id, user_id, review_id);
    create index review_rows_task on review_rows (workspace_id, review_id, number) where outcome = 'task';

    -- What was decided of a row, and for how long that stood: since <= t < until. The events say by which token.
    create table review_decisions (
      workspace_id uuid not null,
      review_id uuid not null,
      number integer not null,
      id bigint not null generated always as identity,
      decision text not null,
      note text,
      reviewer text,
      since timestamptz(3) not null,
      until timestamptz(3) not null default 'infinity',
      since_event uuid not null,
      until_event uuid,
      constraint review_decisions_pkey primary key (workspace_id, review_id, number, id),
      constraint review_decisions_row_fkey foreign key (workspace_id, review_id, number)
        references review_rows (workspace_id, review_id, number),
      constraint review_decisions_decision_check check (decision in ('keep', 'revoke')),
      constraint review_decisions_interval_check check (until >= since),
      constraint review_decisions_ended_check check ((until = 'infinity') = (until_event is null))
    );
    create unique index review_decisions_open_unique on review_decisions (workspace_id, review_id, number)
      include (decision) where until = 'infinity';
  `);
}
