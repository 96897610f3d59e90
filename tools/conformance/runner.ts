import { randomBytes } from 'node:crypto';
import { Failure, Skip } from './check.ts';
import { createClient } from './client.ts';
import type { Exchange } from './exchange.ts';
import { createJanitor } from './janitor.ts';
import type { Requirement } from './requirement.ts';
import { discover, missingFeature, type Server, unwritable } from './server.ts';
import { createTester } from './tester.ts';

export interface Result {
  readonly requirement: Requirement;
  readonly outcome: 'pass' | 'fail' | 'skip';
  /** What is wrong, or why it was skipped. */
  readonly reason: string | undefined;
  readonly notes: readonly string[];
  /** All that was sent and came back. */
  readonly exchanges: readonly Exchange[];
  /** The exchange that shows what is wrong. */
  readonly shows: Exchange | undefined;
}

export interface Run {
  readonly base: string;
  readonly results: readonly Result[];
  /** What was made and could not be deleted. */
  readonly left: readonly string[];
  readonly isInterrupted: boolean;
}

export interface RunOptions {
  readonly base: string;
  readonly token: string;
  readonly requirements: readonly Requirement[];
  /** How many are tested at a time; one, unless something else is said. */
  readonly concurrency?: number;
  /** Ends the run; what was made is deleted all the same. */
  readonly signal?: AbortSignal;
  readonly onResult?: (result: Result) => void;
}

/** Tests a service provider, and leaves it as it was. Rejects when it does not answer at all. */
export async function run(options: RunOptions): Promise<Run> {
  const { base, token, requirements, signal, onResult, concurrency = 1 } = options;
  const prefix = `check-${randomBytes(5).toString('hex')}`;
  const janitor = createJanitor(prefix);
  const kept = new Map<string, Promise<unknown>>();
  const results: (Result | undefined)[] = requirements.map(() => undefined);
  const left: string[] = [];
  const isAborted = () => signal?.aborted === true;
  let serial = 0;
  const unique = () => `${prefix}-${(serial += 1)}`;
  let server: Server | undefined;

  function clientFor(exchanges: Exchange[]) {
    return createClient({
      base,
      token,
      ...(signal ? { signal } : {}),
      onReply: (reply, method, path) => {
        exchanges.push(reply.exchange);
        janitor.saw(reply, method, path);
      },
    });
  }

  async function test(requirement: Requirement, on: Server): Promise<Result> {
    const exchanges: Exchange[] = [];
    const notes: string[] = [];
    const send = clientFor(exchanges);
    const tester = createTester({ server: on, send, kept, unique, note: (text) => notes.push(text) });
    const { outcome, reason, exchange } = await attempt(requirement, on, () => requirement.test(tester));
    const shows = outcome === 'fail' ? (exchange ?? exchanges.at(-1)) : undefined;
    return { requirement, outcome, reason, notes, exchanges, shows };
  }

  try {
    const found = await discover(clientFor([]));
    server = found;
    const waiting = requirements.entries();
    const work = async () => {
      for (const [index, requirement] of waiting) {
        const result = await test(requirement, found);
        if (isAborted()) return;
        results[index] = result;
        onResult?.(result);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    // Not with the signal, which may be what ended the run.
    left.push(...(await janitor.clean(createClient({ base, token }), server)));
  }
  const done = results.filter((result) => result !== undefined);
  return { base, results: done, left, isInterrupted: isAborted() };
}

interface Ended {
  readonly outcome: Result['outcome'];
  readonly reason?: string;
  readonly exchange?: Exchange | undefined;
}

async function attempt(
  requirement: Requirement,
  server: Server,
  test: () => Promise<void> | void,
): Promise<Ended> {
  const lacking =
    requirement.needs?.map((feature) => missingFeature(server, feature)).find(Boolean) ??
    requirement.writes?.map((name) => unwritable(server, name)).find(Boolean);
  if (lacking !== undefined) return { outcome: 'skip', reason: lacking };
  try {
    await test();
    return { outcome: 'pass' };
  } catch (error) {
    if (error instanceof Skip) return { outcome: 'skip', reason: error.message };
    if (error instanceof Failure) return { outcome: 'fail', reason: error.message, exchange: error.exchange };
    // An answer of a shape that no test thought of.
    return {
      outcome: 'fail',
      reason: `the test broke off: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
