import type { Db } from '../../src/store/db/pool.ts';

/**
 * Gives a database a clock that can be set: functions of the same names stand before PostgreSQL's own. Connections that
 * are open already keep the real one.
 */
export async function makeClockSettable(db: Db): Promise<{ set: (shift: string) => Promise<void> }> {
  const set = async (shift: string): Promise<void> => {
    for (const name of ['clock_timestamp', 'now'])
      await db.raw(`create or replace function shifted.${name}() returns timestamptz language sql volatile as
        $$ select pg_catalog.${name}() + interval '${shift}' $$`);
  };
  await db.raw('create schema shifted');
  await set('0');
  await db.raw(
    `do $$ begin execute format('alter database %I set search_path = shifted, pg_catalog, public', current_database()); end $$`,
  );
  return { set };
}
