import type { Sql } from 'sql-template-tag';
import { ask } from './connection.ts';
import { isLostStatement, translateError } from './errors.ts';
import type { Lender } from './lender.ts';
import type { LookupKind } from './lookup-batch.ts';
import { lookUp } from './lookup-batch.ts';
import type { Answer, Statement } from './pipeline.ts';
import { asTransaction, type Db, type Tx } from './pool.ts';
import { rows } from './query.ts';
import type { AnyScope } from './scope.ts';
import { noteLostStatement, statementName } from './statement-names.ts';

/**
 * Runs a query of the main road, which has one text or a few, as a prepared statement whose name begins so, so
 * that the database plans it once for each connection. Where prepared statements don't hold, it is run as any other.
 */
export function preparedRows<Row>(scope: AnyScope, name: string, query: Sql): Promise<Row[]> {
  return prepared(scope, name, query, ask);
}

async function prepared<Row>(
  scope: AnyScope,
  name: string,
  query: Pick<Sql, 'text' | 'values'>,
  askFor: (db: Db | Tx, statement: Statement) => Promise<Answer>,
): Promise<Row[]> {
  const { text, values } = query;
  const { db } = scope;
  const pool = db.client as Pick<Lender, 'config'>;
  const fullName = statementName(pool, name, text);
  if (fullName === undefined) return rows(scope, query);
  try {
    return (await askFor(db, { name: fullName, text, values })).rows as Row[];
  } catch (error) {
    if (!isLostStatement(error)) throw translateError(error);
    noteLostStatement(pool);
    // In a transaction nothing goes on after an error: it is run again as a whole.
    if (asTransaction(db)) throw error;
    return rows(scope, query);
  }
}

/** Texts of queries that are put together and prepared; so many at most, since each connection keeps its own. */
const composed = new WeakMap<object, Set<string>>();
const MOST_COMPOSED = 256;
/** Characters of such a text: a long filter is rare, and its plan is large. */
const MOST_TEXT = 4_096;

/**
 * Runs a query whose text is put together from what was asked for, and comes again and again: a filter, say. The first
 * texts that come are prepared, unless they are long; others are run as any. With `lookup` an index finds the rows at
 * once, and others may be asked for with them.
 */
export function composedRows<Row>(
  scope: AnyScope,
  query: Sql,
  options: { readonly lookup?: LookupKind | undefined } = {},
): Promise<Row[]> {
  // Made anew each time it is asked for.
  const { text, values } = query;
  const pool = scope.db.client as Pick<Lender, 'config'>;
  const ofPool = composedOf(pool.config);
  if (ofPool.size < MOST_COMPOSED && text.length <= MOST_TEXT) ofPool.add(text);
  if (!ofPool.has(text)) return rows(scope, query);
  const { lookup } = options;
  return prepared(scope, 'composed', { text, values }, lookup ? (...of) => lookUp(...of, lookup) : ask);
}

function composedOf(pool: object): Set<string> {
  const known = composed.get(pool) ?? new Set<string>();
  composed.set(pool, known);
  return known;
}

/** With more values than this, a plan made for any number of them may be a bad one. */
const FEW = 10;

/** Runs a query about `count` things, prepared when they are few, as they nearly always are. */
export function preparedForFew<Row>(
  scope: AnyScope,
  name: string,
  count: number,
  query: Sql,
): Promise<Row[]> {
  return count <= FEW ? preparedRows(scope, name, query) : rows(scope, query);
}

/** The first row of a prepared query, or undefined when it has none. */
export async function preparedRow<Row>(scope: AnyScope, name: string, query: Sql): Promise<Row | undefined> {
  return (await preparedRows<Row>(scope, name, query))[0];
}

/** The row of a key, or undefined when it has none; asked for with what else is looked up now. */
export async function lookedUpRow<Row>(scope: AnyScope, name: string, query: Sql): Promise<Row | undefined> {
  return (await prepared<Row>(scope, name, query, (...of) => lookUp(...of, 'unique')))[0];
}
