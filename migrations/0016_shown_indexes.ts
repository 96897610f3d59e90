import type { Knex } from 'knex';

/** Lists are counted, and pages deep in them found, in an index alone. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index users_shown on users (workspace_id, id) where deleted_at is null;
    create index groups_shown on groups (workspace_id, id) where deleted_at is null;
  `);
}
