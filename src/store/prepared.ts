import { hash } from 'node:crypto';
import type { Sql } from 'sql-template-tag';
import { log } from '../log.ts';
import type { Answer, Statement } from './batch.ts';
import { ask } from './connection.ts';
import { isLostStatement, translateError } from './database-errors.ts';
import { asTransaction, type Db, type Lender, type Tx } from './db.ts';
import { lookUp } from './lookups.ts';
import { rows } from './query.ts';

/** Pools, by their configuration, whose database has lost a prepared statement: another pool stands before it. */
const forgetful = new WeakSet<object>();

/** Full names of prepared statements, by their texts. */
const names = new Map<string, string>();

/**
 * The name of a prepared statement, which holds its text's hash: behind a pool that mixes connections, another process or
 * another version may have prepared something else, which would be run in its place.
 */
function fullName(name: string, text: string): string {
  let full = names.get(text);
  if (full === undefined) {
    full = `${name}_${hash('sha256', text, 'hex').slice(0, 24)}`;
    names.set(text, full);
  }
  return full;
}

/**
 * Runs a query of the main road, which has one text or a few, as a prepared statement whose name begins so, so
 * that the database plans it once for each connection. Where prepared statements don't hold, it is run as any other.
 */
export function preparedRows<Row>(db: Db | Tx, name: string, query: Sql): Promise<Row[]> {
  return prepared(db, name, query, ask);
}

async function prepared<Row>(
  db: Db | Tx,
  name: string,
  query: Pick<Sql, 'text' | 'values'>,
  askFor: (db: Db | Tx, statement: Statement) => Promise<Answer>,
): Promise<Row[]> {
  const { text, values } = query;
  const pool = (db.client as Lender).config;
  if (forgetful.has(pool)) return rows(db, query);
  try {
    return (await askFor(db, { name: fullName(name, text), text, values })).rows as Row[];
  } catch (error) {
    if (!isLostStatement(error)) throw translateError(error);
    forgetful.add(pool);
    log.info('The database does not keep prepared statements, as behind PgBouncer; queries are sent whole.');
    // In a transaction nothing goes on after an error: it is run again as a whole.
    if (asTransaction(db)) throw error;
    return rows(db, query);
  }
}

/** Texts of queries that are put together and prepared; so many at most, since each connection keeps its own. */
const composed = new Set<string>();
const MOST_COMPOSED = 256;
/** Characters of such a text: a long filter is rare, and its plan is large. */
const MOST_TEXT = 4_096;

/**
 * Runs a query whose text is put together from what was asked for, and comes again and again: a filter, say. The first
 * texts that come are prepared, unless they are long; others are run as any. With `isLookup` an index finds the rows at
 * once, and others may be asked for with them.
 */
export function composedRows<Row>(
  db: Db | Tx,
  query: Sql,
  options: { readonly isLookup?: boolean } = {},
): Promise<Row[]> {
  // Made anew each time it is asked for.
  const { text, values } = query;
  if (composed.size < MOST_COMPOSED && text.length <= MOST_TEXT) composed.add(text);
  if (!composed.has(text)) return rows(db, query);
  return prepared(db, 'composed', { text, values }, options.isLookup ? lookUp : ask);
}

/** With more values than this, a plan made for any number of them may be a bad one. */
const FEW = 10;

/** Runs a query about `count` things, prepared when they are few, as they nearly always are. */
export function preparedForFew<Row>(db: Db | Tx, name: string, count: number, query: Sql): Promise<Row[]> {
  return count <= FEW ? preparedRows(db, name, query) : rows(db, query);
}

/** The first row of a prepared query, or undefined when it has none. */
export async function preparedRow<Row>(db: Db | Tx, name: string, query: Sql): Promise<Row | undefined> {
  return (await preparedRows<Row>(db, name, query))[0];
}

/** The row of a key, or undefined when it has none; asked for with what else is looked up now. */
export async function lookedUpRow<Row>(db: Db | Tx, name: string, query: Sql): Promise<Row | undefined> {
  return (await prepared<Row>(db, name, query, lookUp))[0];
}
