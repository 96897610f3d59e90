import type { Knex } from 'knex';

/** Exports are looked up among all events: by time, and by the hash of a file. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index audit_events_exports on audit_events (workspace_id, at, id) where target_kind = 'export';
    create index audit_events_export_hash on audit_events (workspace_id, (after ->> 'sha256'))
      where target_kind = 'export';
  `);
}
