import { randomBytes } from 'node:crypto';
import { Failure, Skip } from './check.ts';
import { createClient } from './client.ts';
import type { Exchange, Reply } from './exchange.ts';
import { createJanitor } from './janitor.ts';
import type { Requirement } from './requirement.ts';
import { discover, missingFeature, unwritable, type Server } from './server.ts';
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
  /** Ends the run; what was made is deleted all the same. */
  readonly signal?: AbortSignal;
  readonly onResult?: (result: Result) => void;
}

/** Tests a service provider, one requirement after the other, and leaves it as it was. */
export async function run(options: RunOptions): Promise<Run> {
  const { base, token, requirements, signal, onResult } = options;
  const prefix = `check-${randomBytes(5).toString('hex')}`;
  const janitor = createJanitor(prefix);
  const recorded: Reply[] = [];
  const send = createClient({
    base,
    token,
    ...(signal ? { signal } : {}),
    onReply: (reply, method, path) => {
      recorded.push(reply);
      janitor.saw(reply, method, path);
    },
  });
  const kept = new Map<string, Promise<unknown>>();
  const results: Result[] = [];
  const left: string[] = [];
  let serial = 0;
  let server: Server | undefined;
  const isAborted = () => signal?.aborted === true;

  try {
    server = await discover(send);
    for (const requirement of requirements) {
      if (isAborted()) break;
      recorded.length = 0;
      const notes: string[] = [];
      const unique = () => `${prefix}-${(serial += 1)}`;
      const tester = createTester({ server, send, kept, unique, note: (text) => notes.push(text) });
      const ended = await attempt(requirement, server, () => requirement.test(tester));
      if (isAborted()) break;
      const exchanges = recorded.map(({ exchange }) => exchange);
      const result: Result = {
        requirement,
        notes,
        exchanges,
        outcome: ended.outcome,
        reason: ended.reason,
        shows: ended.outcome === 'fail' ? (ended.exchange ?? exchanges.at(-1)) : undefined,
      };
      results.push(result);
      onResult?.(result);
    }
  } finally {
    // Not with the signal, which may be what ended the run.
    left.push(...(await janitor.clean(createClient({ base, token }), server)));
  }
  return { base, results, left, isInterrupted: isAborted() };
}

interface Ended {
  readonly outcome: Result['outcome'];
  readonly reason: string | undefined;
  readonly exchange: Exchange | undefined;
}

async function attempt(
  requirement: Requirement,
  server: Server,
  test: () => Promise<void> | void,
): Promise<Ended> {
  const lacking =
    requirement.needs?.map((feature) => missingFeature(server, feature)).find(Boolean) ??
    requirement.writes?.map((name) => unwritable(server, name)).find(Boolean);
  if (lacking !== undefined) return { outcome: 'skip', reason: lacking, exchange: undefined };
  try {
    await test();
    return { outcome: 'pass', reason: undefined, exchange: undefined };
  } catch (error) {
    if (error instanceof Skip) return { outcome: 'skip', reason: error.message, exchange: undefined };
    if (error instanceof Failure) return { outcome: 'fail', reason: error.message, exchange: error.exchange };
    // An answer of a shape that no test thought of.
    const reason = `the test broke off: ${error instanceof Error ? error.message : String(error)}`;
    return { outcome: 'fail', reason, exchange: undefined };
  }
}
