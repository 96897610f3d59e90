import { isReady } from '../../core/context/readiness.ts';
import { createWriteMeter, type WriteMeter } from '../../core/context/write-budget.ts';
import { RollcallError } from '../../lib/errors.ts';
import { refusals } from '../../lib/metrics.ts';
import type { Problem } from '../http/errors.ts';
import { explain, type ScimReply } from '../http/reply.ts';
import { admitWrite, type ScimContext } from '../resources/context.ts';
import { quoted, ScimError } from '../scim-error.ts';
import { type Circle, circlesOf } from './cycles.ts';
import { CircleFailed, perform, performCircle } from './execute.ts';
import type { BulkOperation, BulkRequest } from './request.ts';
import { newSchedule, type Next, type Schedule, unresolvable } from './schedule.ts';

/** How an operation ended. */
export type Outcome = { readonly reply: ScimReply } | { readonly problem: Problem };

/** What a bulk request came to. An operation that isn't in `outcomes` was not processed. */
export interface BulkResult {
  readonly outcomes: ReadonlyMap<BulkOperation, Outcome>;
  /** The ids of what was made, by bulkId. */
  readonly ids: ReadonlyMap<string, string>;
}

/**
 * Bytes that the operations of one request may make the database write: as many as a payload of the largest size does
 * with ordinary users or members. Small PATCHes of large users write many times what they are.
 */
export const MAX_WRITTEN_BYTES = 32 * 1024 * 1024;

interface Run extends BulkResult {
  readonly ctx: ScimContext;
  readonly meter: WriteMeter;
  readonly schedule: Schedule;
  /** The bulkIds of all its POSTs. */
  readonly declared: ReadonlySet<string>;
  readonly ids: Map<string, string>;
  /** The bulkIds under which nothing will be made. */
  readonly failed: Set<string>;
  readonly outcomes: Map<BulkOperation, Outcome>;
  errors: number;
  /** Why the rest is not tried: the database went away, or the token ended. */
  ending: Problem | undefined;
}

/**
 * Processes a bulk request (RFC 7644 section 3.7): in order, one at a time, each operation a change of its own. One that
 * refers to what is made later waits for that, and with it what comes after it for the same resource. An error ends only
 * its own operation and those that refer to it, until there are `failOnErrors`.
 *
 * When the database goes away the rest is answered 503 without being tried, when the token is revoked or expires 401, and
 * when that is before anything was done, the whole request. For a client that hangs up nothing more is done: it will send again, and the two would race.
 */
export async function runBulk(
  ctx: ScimContext,
  { operations, failOnErrors }: BulkRequest,
  hasHungUp: () => boolean,
): Promise<BulkResult> {
  const declared = new Set(operations.flatMap((one) => (isPost(one) && one.bulkId ? [one.bulkId] : [])));
  const ids = new Map<string, string>();
  const meter = createWriteMeter(ctx.core.writeBudget);
  const run: Run = {
    ctx: { ...ctx, core: { ...ctx.core, writeBudget: meter } },
    meter,
    schedule: newSchedule(operations, { circles: circlesOf(operations), declared, ids }),
    declared,
    ids,
    failed: new Set(),
    outcomes: new Map(),
    errors: 0,
    ending: undefined,
  };
  for (const operation of operations) {
    run.schedule.arrive(operation);
    for (let next = run.schedule.next(); next; next = run.schedule.next()) {
      if (run.errors >= failOnErrors || hasHungUp()) return run;
      await take(run, next);
    }
  }
  return run;
}

function isPost({ task }: BulkOperation): boolean {
  return !(task instanceof ScimError) && task.method === 'POST';
}

async function take(run: Run, next: Next): Promise<void> {
  if (run.ending) {
    for (const operation of next.kind === 'one' ? [next.operation] : next.circle)
      note(run, operation, { problem: run.ending });
  } else if (next.kind === 'one') {
    await takeOne(run, next.operation);
  } else {
    await takeCircle(run, next.circle);
  }
}

async function takeOne(run: Run, operation: BulkOperation): Promise<void> {
  try {
    const { task } = operation;
    if (task instanceof ScimError) throw task;
    admit(run);
    const unknown = unresolvable(run, task);
    if (unknown !== undefined) throw conflict(unknown);
    note(run, operation, { reply: await perform(run.ctx, task, run.ids) });
  } catch (error) {
    await noteError(run, operation, error);
  }
}

/**
 * Throws what ends an operation that would write too much: 413 once this request has (RFC 7644 section 3.7.4 has it for
 * what is too large), 429 while the workspace has.
 */
function admit({ ctx, meter }: Run): void {
  if (meter.written() > MAX_WRITTEN_BYTES) {
    refusals.inc({ limit: 'bulk written bytes', by: 'request' });
    throw new ScimError(
      413,
      undefined,
      `The operations before this one have written ${MAX_WRITTEN_BYTES} bytes, as many as one bulk request may. Send ` +
        'the rest in another.',
    );
  }
  admitWrite(ctx);
}

async function takeCircle(run: Run, circle: Circle): Promise<void> {
  try {
    admit(run);
    const replies = await performCircle(run.ctx, circle, run.ids);
    for (const [operation, reply] of replies) note(run, operation, { reply });
  } catch (error) {
    const failure = error instanceof CircleFailed ? error : undefined;
    for (const operation of circle) {
      const own = failure === undefined ? error : failure.cause;
      const isOwn = failure === undefined || failure.operation === operation || isTokenEnded(own);
      await noteError(run, operation, isOwn ? own : conflict(failure.operation.bulkId ?? ''));
    }
  }
}

/** RFC 7644 section 3.7.1 answers 409 for a reference that could not be resolved. */
function conflict(bulkId: string): ScimError {
  return new ScimError(
    409,
    undefined,
    `It refers to the bulkId ${quoted(bulkId)}, under which nothing was made.`,
  );
}

async function noteError(run: Run, operation: BulkOperation, error: unknown): Promise<void> {
  const problem = explain(error, { method: 'bulk', requestId: run.ctx.caller.requestId });
  if (isTokenEnded(error) || (problem.status === 503 && !(await isReady(run.ctx.core)))) {
    if (![...run.outcomes.values()].some((outcome) => 'reply' in outcome)) throw error;
    run.ending = problem;
  }
  note(run, operation, { problem });
}

function isTokenEnded(error: unknown): boolean {
  return error instanceof RollcallError && error.kind === 'unauthenticated';
}

/** The answer tells only whether there was a text; those of a thousand operations would be large. */
function withoutText(outcome: Outcome): Outcome {
  if ('problem' in outcome || outcome.reply.text === undefined) return outcome;
  return { reply: { ...outcome.reply, text: '' } };
}

function note(run: Run, operation: BulkOperation, outcome: Outcome): void {
  const { bulkId } = operation;
  run.outcomes.set(operation, withoutText(outcome));
  if ('problem' in outcome) run.errors += 1;
  if (bulkId === undefined || !isPost(operation)) return;
  if ('reply' in outcome && outcome.reply.id !== undefined) {
    run.ids.set(bulkId, outcome.reply.id);
    run.schedule.made(bulkId);
  } else {
    run.failed.add(bulkId);
    run.schedule.failed(bulkId);
  }
}
