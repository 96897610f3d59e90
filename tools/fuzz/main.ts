import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Finding, grouped, reproduction, shownRequest } from './findings.ts';
import { fuzz, type FuzzResult } from './run.ts';
import type { Answer } from './send.ts';
import { runningTarget, startTarget, type TargetServer } from './target-server.ts';

const USAGE = `Sends mutated requests to a server of its own, and tells which of them it did not stand.

  npm run fuzz -- [--requests 20000] [--seed N] [--minutes 20] [--heap 256] [--out DIRECTORY]
  npm run fuzz -- --base http://127.0.0.1:3000 --token TOKEN …

Starts Rollcall with an embedded PostgreSQL in a temporary directory, or takes one that runs on this machine, which then
should hold nothing of worth. Ends with 1 when a request is answered with a 5xx (but 501 of /Me), when the process ends
or stops answering, or when its memory grows. Some values are as large as is taken, some clients are slow or hang up, and
the server has a heap of --heap MB. --out gets a file for each finding, with the bytes that were sent.
`;

/** Growth that collecting garbage late does not explain. */
const MOST_GROWTH = 256 * 1024 * 1024;
const CONCURRENCY = 8;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '20000' },
      seed: { type: 'string' },
      heap: { type: 'string', default: '256' },
      minutes: { type: 'string', default: '20' },
      base: { type: 'string' },
      token: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [requests, minutes, heap] = [Number(values.requests), Number(values.minutes), Number(values.heap)];
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const isRight = [requests, minutes, heap].every((number) => number > 0) && Number.isInteger(seed);
  if (values.help === true || !isRight || (values.base !== undefined && values.token === undefined)) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }

  const target =
    values.base === undefined ? await startTarget(heap) : runningTarget(values.base, values.token ?? '');
  const stop = () => void target.stop().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    process.stdout.write(
      `Seed ${seed}, ${requests} requests, ${CONCURRENCY} at a time, ${minutes} minutes at most.\n`,
    );
    const result = await fuzz({
      target,
      seed,
      requests,
      concurrency: CONCURRENCY,
      milliseconds: minutes * 60_000,
      onProgress: (sent, found) => process.stderr.write(`\r${sent} of ${requests} sent, ${found} findings `),
    });
    process.stderr.write('\n');
    return await report(result, target, values.out);
  } finally {
    await target.stop();
  }
}

/** Writes what was found; gives the exit code. */
async function report(result: FuzzResult, target: TargetServer, out: string | undefined): Promise<number> {
  const statuses = [...result.statuses].toSorted(([a], [b]) => a - b);
  const told = statuses
    .map(([status, count]) => `${status === 0 ? 'no answer' : status}: ${count}`)
    .join(', ');
  process.stdout.write(`${result.sent} requests were sent. Answers by status: ${told}\n`);

  const groups = grouped(result.findings);
  for (const [index, group] of groups.entries()) await tell(group, index + 1, target, out);
  const { before, after } = result.memory;
  const growth = before === undefined || after === undefined ? 0 : after - before;
  if (before !== undefined && after !== undefined) {
    process.stdout.write(
      `Memory: ${megabytes(before)} MB after a tenth, ${megabytes(after)} MB at the end.\n`,
    );
  }
  if (growth > MOST_GROWTH) process.stdout.write(`FOUND: the memory grew by ${megabytes(growth)} MB.\n`);
  if (result.crash !== undefined) process.stdout.write(`FOUND: ${result.crash}\n`);
  const count = groups.length + (growth > MOST_GROWTH ? 1 : 0) + (result.crash === undefined ? 0 : 1);
  process.stdout.write(count === 0 ? 'Nothing was found.\n' : `${count} different findings.\n`);
  return count === 0 ? 0 : 1;
}

async function tell(
  group: readonly Finding[],
  number: number,
  target: TargetServer,
  out: string | undefined,
): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  const { request, answer } = first;
  const lines = [
    `FOUND ${number}: ${first.what}, ${group.length} times; the shortest is request ${first.index}${request.isDamaged ? ', damaged' : ''}:`,
    `      ${shownRequest(request.bytes)}`,
    `   -> ${answer.status === 0 ? (answer.error ?? '') : answer.status} ${answer.body.slice(0, 500)}`,
  ];
  const log = logged(target, answer);
  if (log !== '') lines.push(`  log ${log.slice(0, 3000)}`);
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    const file = join(out, `finding-${number}.http`);
    await writeFile(file, request.bytes);
    lines.push(`  again: ${reproduction(file, target.port)}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function logged(target: TargetServer, answer: Answer): string {
  const id = answer.headers.get('x-request-id');
  return id === undefined ? '' : target.logOf(id);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
