import type { Knex } from 'knex';

/** Users of the past are asked for by the names and addresses that they had then. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index users_history_user_name on users_history (workspace_id, lower(user_name));
    create index users_history_email_keys on users_history using gin (workspace_id, email_keys);
  `);
}
