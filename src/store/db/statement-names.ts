import { hash } from 'node:crypto';
import { log } from '../../lib/log.ts';
import type { Lender } from './lender.ts';

/** Pools, by their configuration, whose database has lost a prepared statement: another pool stands before it. */
const forgetful = new WeakSet<object>();

/** Full names of prepared statements, by their texts. */
const names = new Map<string, string>();

/**
 * The name of a prepared statement, which holds its text's hash: behind a pool that mixes connections, another process or
 * another version may have prepared something else, which would be run in its place. Undefined where none are kept.
 */
export function statementName(pool: Pick<Lender, 'config'>, name: string, text: string): string | undefined {
  if (forgetful.has(pool.config)) return undefined;
  let full = names.get(text);
  if (full === undefined) {
    full = `${name}_${hash('sha256', text, 'hex').slice(0, 24)}`;
    names.set(text, full);
  }
  return full;
}

/** Notes that a pool's prepared statements do not hold: from now on they are sent whole. */
export function noteLostStatement(pool: Pick<Lender, 'config'>): void {
  if (forgetful.has(pool.config)) return;
  forgetful.add(pool.config);
  log.info('The database does not keep prepared statements, as behind PgBouncer; queries are sent whole.');
}
