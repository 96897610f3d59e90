import type { Knex } from 'knex';

/**
 * The hash chain over the audit (docs/adr/0011). A seal is a row beside its event, so that events stay as they were
 * written. What is not sealed yet waits in a queue that a trigger fills: writers only insert, and wait for nobody.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table audit_seals (
      workspace_id uuid not null,
      seq bigint not null,
      event_id uuid not null,
      sealed_at timestamptz(3) not null,
      -- The hash commits to what may tell of a person: who did it, and whom it was done to. What was erased has no
      -- salt any more, and what it was committed to instead.
      actor_salt bytea,
      actor_commitment bytea,
      subject_salt bytea,
      subject_commitment bytea,
      event_hash bytea not null,
      hash bytea not null,
      -- The last seal of a batch is signed; with it all before.
      signature bytea,
      key_id text,
      constraint audit_seals_pkey primary key (workspace_id, seq),
      constraint audit_seals_workspace_fkey foreign key (workspace_id) references workspaces (id),
      constraint audit_seals_event_unique unique (workspace_id, event_id),
      constraint audit_seals_actor_check check ((actor_salt is null) = (actor_commitment is not null)),
      constraint audit_seals_subject_check check ((subject_salt is null) = (subject_commitment is not null)),
      constraint audit_seals_signature_check check ((signature is null) = (key_id is null))
    );
    create trigger audit_seals_append_only before update or delete on audit_seals
      for each row execute function refuse_audit_change();
    create trigger audit_seals_no_truncate before truncate on audit_seals
      for each statement execute function refuse_audit_change();

    create table audit_unsealed (
      workspace_id uuid not null,
      at timestamptz(3) not null,
      event_id uuid not null,
      constraint audit_unsealed_pkey primary key (workspace_id, at, event_id)
    );

    -- An event's time lies in the transaction that writes it: none is put into the past. A minute for clocks that
    -- are set back.
    create function queue_audit_events() returns trigger language plpgsql as $$
    begin
      if exists (select from written where at < now() - interval '1 minute') then
        raise exception 'audit_events is append-only: an event of the past cannot be written now';
      end if;
      insert into audit_unsealed (workspace_id, at, event_id) select workspace_id, at, id from written;
      return null;
    end $$;
    create trigger audit_events_queue after insert on audit_events
      referencing new table as written for each statement execute function queue_audit_events();

    -- After the trigger, whose lock has waited for those who were writing.
    insert into audit_unsealed (workspace_id, at, event_id) select workspace_id, at, id from audit_events;
  `);
  // The function's name for the table it guards was that of one table.
  await knex.raw(`
    create or replace function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      raise exception '% is append-only', tg_table_name;
    end $$;
  `);
}
