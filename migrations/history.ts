/**
 * SQL that keeps the older versions of a table's rows: `<table>_history` holds each with the time at which it was
 * replaced, in its first column, so that columns added to the table later can be added to both in the same order.
 * A version is valid from its `updated_at` until its `valid_to`.
 */
export function historyOf(table: string): string {
  return `
    create table ${table}_history as
      select null::timestamptz(3) as valid_to, t.* from ${table} t with no data;
    alter table ${table}_history alter column valid_to set not null;
    create index ${table}_history_versions on ${table}_history (workspace_id, id, valid_to);

    create function keep_${table}_history() returns trigger language plpgsql as $$
    begin
      insert into ${table}_history select new.updated_at, old.*;
      return null;
    end $$;
    -- Two versions in one millisecond: nobody can ask for the first.
    create trigger ${table}_history after update on ${table} for each row
      when (new.updated_at > old.updated_at) execute function keep_${table}_history();
  `;
}
