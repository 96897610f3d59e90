import type { Knex } from 'knex';

/** The audit: one row for each thing that changed, written in the transaction that changed it, and never after. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table audit_events (
      workspace_id uuid not null,
      id uuid not null,
      at timestamptz(3) not null,
      actor_kind text not null,
      actor_id uuid,
      actor_name text not null,
      actor_scope text,
      request_id text not null,
      action text not null,
      target_kind text not null,
      target_id text not null,
      target_name text,
      -- The other one concerned: of a membership the user, the target being the group.
      related_id text,
      before jsonb,
      after jsonb,
      constraint audit_events_pkey primary key (workspace_id, id),
      constraint audit_events_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint audit_events_actor_check check (
        case actor_kind
          when 'token' then actor_id is not null and actor_scope is not null
          when 'invitee' then actor_id is not null and actor_scope is null
          else actor_kind = 'system' and actor_scope is null end)
    );
    create index audit_events_at on audit_events (workspace_id, at, id);
    create index audit_events_target on audit_events (workspace_id, target_id, at);
    create index audit_events_related on audit_events (workspace_id, related_id, at) where related_id is not null;

    create function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      raise exception 'audit_events is append-only';
    end $$;
    create trigger audit_events_append_only before update or delete on audit_events
      for each row execute function refuse_audit_change();
    create trigger audit_events_no_truncate before truncate on audit_events
      for each statement execute function refuse_audit_change();
  `);
}
