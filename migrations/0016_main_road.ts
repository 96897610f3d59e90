import type { Knex } from 'knex';

/** What saves the main road round trips and reading. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- The lock of a change, and what limits grants once it is had. Volatile, so that its second query sees what was
    -- committed while the first waited.
    create function begin_change(workspace uuid, exclusive boolean,
        out now timestamptz(3), out seats_limited boolean, out only_one_product boolean)
      language plpgsql volatile as $$
    begin
      if exclusive then
        perform pg_advisory_xact_lock(1383033964, hashtext(workspace::text));
      else
        perform pg_advisory_xact_lock_shared(1383033964, hashtext(workspace::text));
      end if;
      now := clock_timestamp();
      seats_limited := exists (select from licenses where workspace_id = workspace and seats is not null);
      only_one_product := exists (select from workspaces where id = workspace and not integration_enabled);
    end $$;

    -- Lists are counted, and pages deep in them found, in an index alone.
    create index users_shown on users (workspace_id, id) where deleted_at is null;
    create index groups_shown on groups (workspace_id, id) where deleted_at is null;

    -- After a first sync, lookups by address would go through all that waits to be sorted in.
    alter index users_email_keys set (fastupdate = off);
  `);
}
