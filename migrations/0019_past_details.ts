import type { Knex } from 'knex';
import { historyOf } from './history.ts';

/**
 * Invitations and machines keep their older versions, so that everything about a user can be told as of a past time.
 * Of what was there before, only its beginning and its end are known: how it fared in between is told as it is now.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- The default is for whoever writes without naming it: the version of Rollcall before this one.
    alter table invitations add column updated_at timestamptz(3);
    update invitations set updated_at = coalesce(closed_at, created_at);
    alter table invitations alter column updated_at set default clock_timestamp(), alter column updated_at set not null;

    -- Since when name and product are so, and when it was first seen on the day on which it was seen last.
    alter table machines add column updated_at timestamptz(3);
    update machines set updated_at = registered_at;
    alter table machines alter column updated_at set default clock_timestamp(), alter column updated_at set not null;
  `);
  for (const table of ['invitations', 'machines']) await knex.raw(historyOf(table));
  await knex.raw(`
    insert into invitations_history select i.closed_at, (jsonb_populate_record(i, jsonb_build_object(
        'status', 'pending', 'closed_at', null, 'closed_event', null, 'updated_at', i.created_at))).*
      from invitations i where i.closed_at > i.created_at;

    create index invitations_history_user on invitations_history (workspace_id, user_id, valid_to);
    create index machines_history_user on machines_history (workspace_id, user_id, valid_to);
    -- Removed ones are asked for as well.
    create index machines_of_user on machines (workspace_id, user_id);
    drop index machines_user;
  `);
}
