import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, unusable } from './failure.ts';
import type { Log } from './options.ts';
import { removeStalePidFile, STILL_HELD } from './orphan.ts';
import { passwordFile } from './password-file.ts';
import { endPostmaster, type Launch, type Postmaster, spawnPostmaster } from './postmaster.ts';
import { ask } from './ready.ts';
import { prepareSocketDirectory } from './socket.ts';

/** Who is told what becomes of the postmaster. */
export interface Listeners {
  /** A postmaster was started (its pid), or has ended (0). */
  readonly started: (pid: number) => void;
  /** The postmaster with this pid takes queries. */
  readonly ready: (pid: number) => void;
  readonly log: Log;
}

export interface Supervised {
  /** Stops the postmaster for good. */
  stop(): Promise<void>;
}

const POLL = 20;
/** A postmaster that says nothing for this long, not even that it is starting, is given up. */
const SILENCE_LIMIT = 60_000;
const REMIND = 10_000;
const FIRST_START_LIMIT = 30_000;
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** After running this long, an end is a new incident and the pause begins at its shortest again. */
const STEADY = 60_000;

/**
 * Starts the postmaster, resolves when it takes queries, and from then on starts it again whenever it ends.
 * Rejects when the first start fails.
 */
export async function supervise(launch: Launch, listeners: Listeners): Promise<Supervised> {
  const ending = new AbortController();
  const stopped = () => ending.signal.aborted;
  const { place } = launch;
  let current: Postmaster | undefined;

  /** One start; answers with what went wrong. */
  const attempt = async (): Promise<string | undefined> => {
    await removeStalePidFile(place.directory);
    await prepareSocketDirectory(launch.socket, place);
    if (stopped()) return undefined;
    current = spawnPostmaster(launch);
    listeners.started(current.pid ?? 0);
    const problem = await untilReady(current, launch, listeners.log);
    if (problem === undefined) listeners.ready(current.pid ?? 0);
    else current.kill('SIGQUIT');
    return problem;
  };

  const watch = async () => {
    let pause = SHORTEST_PAUSE;
    while (!stopped()) {
      const since = Date.now();
      const how = await current?.exited;
      if (stopped()) return;
      listeners.started(0);
      listeners.log('error', `PostgreSQL has ended (${how ?? ''}) and is started again.`, {
        logFile: place.logFile,
      });
      if (Date.now() - since > STEADY) pause = SHORTEST_PAUSE;
      await sleep(pause, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      const problem = await attempt().catch(messageOf);
      if (stopped()) return;
      if (problem === undefined) listeners.log('info', 'PostgreSQL takes queries again.');
      else listeners.log('error', problem);
    }
  };

  try {
    await firstStart(attempt);
  } catch (error) {
    if (current !== undefined) await endPostmaster(current, listeners.log);
    throw error;
  }
  const watching = watch();
  return {
    stop: async () => {
      ending.abort();
      if (current !== undefined) await endPostmaster(current, listeners.log);
      await watching;
    },
  };
}

async function firstStart(attempt: () => Promise<string | undefined>): Promise<void> {
  const deadline = Date.now() + FIRST_START_LIMIT;
  for (;;) {
    const problem = await attempt();
    if (problem === undefined) return;
    if (!STILL_HELD.test(problem) || Date.now() > deadline) throw unusable(problem);
    await sleep(SHORTEST_PAUSE);
  }
}

/** Resolves with undefined when it takes queries, else with what is wrong. A recovery may take its time. */
async function untilReady(postmaster: Postmaster, launch: Launch, log: Log): Promise<string | undefined> {
  let silentUntil = Date.now() + SILENCE_LIMIT;
  let reminder = Date.now() + REMIND;
  const ended = postmaster.exited.then((how) => ({ how }));
  for (;;) {
    const answer = await Promise.race([ask(launch.url), ended]);
    if (answer === 'ready') return undefined;
    if (answer === 'refused') {
      return `PostgreSQL does not take the password in ${passwordFile(launch.place.directory)}. Delete that file: the next start makes a new one.`;
    }
    if (answer === 'impostor') {
      return `What answers on ${launch.socket} does not know the password of this database.`;
    }
    if (typeof answer === 'object') {
      return `PostgreSQL ended while starting (${answer.how}): ${complaint(postmaster.logged())}. Its log is ${launch.place.logFile}.`;
    }
    const now = Date.now();
    if (answer === 'starting') silentUntil = now + SILENCE_LIMIT;
    if (now > silentUntil) {
      return `PostgreSQL was started but does not answer on ${launch.socket}. Its log is ${launch.place.logFile}.`;
    }
    if (now > reminder) {
      reminder = now + REMIND;
      log('info', 'PostgreSQL is not ready yet; after a crash it first recovers what was written.');
    }
    await sleep(POLL);
  }
}

/** The lines of PostgreSQL's log that say why it ended, without time and process. */
function complaint(logged: string): string {
  const lines = logged.trim().split('\n');
  const errors = lines.filter((line) => /\b(FATAL|PANIC|ERROR|HINT):|^\S*postgres:/.test(line));
  const told = (errors.length > 0 ? errors : lines).slice(-4);
  return told.map((line) => line.replace(/^.*?\[\d+\] |\.$/g, '')).join('; ');
}
