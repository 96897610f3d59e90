import type { Sql } from 'sql-template-tag';
import { ask } from './connection.ts';
import { translateError } from './errors.ts';
import type { Answer, Statement } from './pipeline.ts';
import type { Db, Tx } from './pool.ts';
import type { AnyScope } from './scope.ts';

/** Runs one query and answers its rows. Throws `busy` and `taken`, or the driver's error. */
export async function rows<Row>(
  { db }: AnyScope,
  { text, values }: Pick<Sql, 'text' | 'values'>,
): Promise<Row[]> {
  return (await asked(db, { text, values })).rows as Row[];
}

/** The first row of a query, or undefined when it has none. */
export async function row<Row>(scope: AnyScope, query: Sql): Promise<Row | undefined> {
  return (await rows<Row>(scope, query))[0];
}

async function asked(db: Db | Tx, statement: Statement): Promise<Answer> {
  try {
    return await ask(db, statement);
  } catch (error) {
    throw translateError(error);
  }
}
