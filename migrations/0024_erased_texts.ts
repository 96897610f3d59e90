import type { Knex } from 'knex';

/**
 * Keys of an erased person's texts (docs/adr/0012), for an hour: requests that were noted before the erasure and are
 * written after it keep none of them. Hashes alone, which say nothing to whoever does not know the text.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table erased_texts (
      workspace_id uuid not null,
      key uuid not null,
      erased_at timestamptz(3) not null,
      -- Many people may have such a text: it is looked for in what came no later than the erasure, clocks allowed for.
      is_shared boolean not null,
      constraint erased_texts_pkey primary key (workspace_id, key),
      constraint erased_texts_workspace_fkey foreign key (workspace_id) references workspaces (id)
    );
    create index erased_texts_expiry on erased_texts (erased_at);
  `);
}
