import type { Db } from '../../src/store/db/pool.ts';

/**
 * Where any of some texts stands in the database, without regard to case: `schema.table.column: text`. Every column of
 * every table is looked at, whatever its type, so that one added later is, too; bytes are read as text.
 */
export async function placesOf(db: Db, texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await db.raw<{ rows: { name: string }[] }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await db.raw<{ rows: { place: string }[] }>(
      `select distinct f.key || ': ' || w.text as place
       from ${name} t, jsonb_each_text(to_jsonb(t)) f, unnest(cast(? as text[])) as w(text)
       where position(lower(w.text) in lower(case when f.value ~ '^\\\\x([0-9a-f]{2})*$'
         then encode(decode(substr(f.value, 3), 'hex'), 'escape') else f.value end)) > 0`,
      [texts as string[]],
    );
    for (const { place } of rows) found.push(`${name}.${place}`);
  }
  return found;
}

/** The ways in which texts may be written in a table: as they are, percent-encoded, escaped, composed, and as bytes. */
export function spellingsOf(texts: readonly string[]): string[] {
  const spellings = texts.flatMap((text) => [
    text,
    text.normalize('NFD'),
    encodeURIComponent(text),
    encodeURIComponent(encodeURIComponent(text)),
    JSON.stringify(text).slice(1, -1),
    escapedText(text),
    Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2),
    Buffer.from(text).toString('hex'),
  ]);
  return [...new Set(spellings)];
}

/** A text as JSON may escape it: each UTF-16 unit by its number. */
export function escapedText(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Which of some texts stand in any row of any table, without regard to case: `table: text`. */
export async function standingIn(db: Db, texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await db.raw<{ rows: { name: string }[] }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await db.raw<{ rows: { row: string }[] }>(`select t::text as row from ${name} t`);
    const all = rows.map(({ row }) => row.toLowerCase()).join('\n');
    for (const text of texts) {
      const at = all.indexOf(text.toLowerCase());
      if (at >= 0) found.push(`${name}: ${text} in ${all.slice(Math.max(0, at - 150), at + 100)}`);
    }
  }
  return found;
}
