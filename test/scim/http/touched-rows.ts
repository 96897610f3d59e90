import pg from 'pg';
import utils from 'pg/lib/utils.js';
import type { SentQuery } from './queries.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

/** How a statement was run. */
export interface Run {
  /** Rows that were looked at in tables and indexes, whether or not they were wanted. */
  readonly touched: number;
  readonly plan: string;
}

/**
 * Runs a statement as the server sent it, by a plan made for its values or for any, and takes back what it wrote. An
 * EXPLAIN of what is prepared plans as the server does.
 */
export async function runAgain(
  client: pg.Client,
  { sql, bindings }: SentQuery,
  planFor: 'these values' | 'any values',
): Promise<Run> {
  await client.query('begin');
  try {
    const mode = planFor === 'any values' ? 'force_generic_plan' : 'force_custom_plan';
    await client.query(`set local plan_cache_mode = ${mode}`);
    await client.query(`prepare again as ${sql}`);
    const values = bindings.map((value) => literal(utils.prepareValue(value)));
    const text = `explain (analyze, format json) execute again${values.length > 0 ? `(${values.join(', ')})` : ''}`;
    const explained = await client.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(text);
    const [{ Plan: plan }] = explained.rows[0]!['QUERY PLAN'] as readonly [{ Plan: Plan }];
    return { touched: touchedBy(plan), plan: outline(plan) };
  } catch (error) {
    // What was inserted is there already.
    if ((error as { code?: string }).code === '23505') return { touched: 0, plan: '' };
    throw error;
  } finally {
    await client.query('rollback');
    await client.query('deallocate all');
  }
}

function literal(value: string | Buffer | null): string {
  if (value === null) return 'null';
  return pg.escapeLiteral(Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value);
}

function touchedBy(plan: Plan): number {
  const ofTable = plan['Relation Name'] !== undefined && plan['Node Type'] !== 'ModifyTable';
  const ofIndex = plan['Node Type'] === 'Bitmap Index Scan';
  const each =
    (plan['Actual Rows'] ?? 0) +
    (plan['Rows Removed by Filter'] ?? 0) +
    (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = ofTable || ofIndex ? each * (plan['Actual Loops'] ?? 1) : 0;
  return (plan.Plans ?? []).reduce((sum, part) => sum + touchedBy(part), own);
}

function outline(plan: Plan, depth = 0): string {
  const rows = `${plan['Actual Rows'] ?? 0}+${plan['Rows Removed by Filter'] ?? 0} x${plan['Actual Loops'] ?? 1}`;
  const line = `${'  '.repeat(depth)}${plan['Node Type']} ${plan['Index Name'] ?? plan['Relation Name'] ?? ''} ${rows}`;
  return [line, ...(plan.Plans ?? []).map((part) => outline(part, depth + 1))].join('\n');
}
