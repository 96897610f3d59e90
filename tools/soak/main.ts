import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type Attack,
  attackByReset,
  ATTACKS,
  attackSlowly,
  fillHostile,
  type HostileState,
} from './attacks.ts';
import { type Instance, startInstance } from './instances.ts';
import { runQuiet } from './quiet.ts';
import { heldIn, judge, type MemorySample, report, type SoakResult } from './report.ts';
import { makeTenant, type Tenant } from './workspace.ts';

const USAGE = `Runs two instances over one database, with one workspace that is hostile and one that is quiet, and measures
what the quiet one notices.

  npm run soak -- [--minutes 10] [--heap 256] [--pause 15]

Ends with 1 when the quiet workspace waits for more than a second (99th percentile), is answered 429, or a 5xx other than
one 503 with Retry-After in a thousand; when a process ends, holds something at the end, its memory grows, or the audit does not verify. --pause is
for how many seconds the second instance is stopped every two minutes; 0 for never.
`;

const OPERATOR = `soak-operator-${'0'.repeat(32)}`;
const PAUSE_EVERY_MS = 120_000;
const SAMPLE_EVERY_MS = 5_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      heap: { type: 'string', default: '256' },
      pause: { type: 'string', default: '15' },
      help: { type: 'boolean' },
    },
  });
  const [minutes, heap, pause] = [Number(values.minutes), Number(values.heap), Number(values.pause)];
  if (values.help === true || !(minutes > 0 && heap > 0 && pause >= 0)) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-soak-'));
  // The database may run as another user than the one who starts it.
  await chmod(directory, 0o755);
  const instances: Instance[] = [];
  try {
    const env = {
      DATA_DIR: join(directory, 'data'),
      OPERATOR_TOKEN: OPERATOR,
      SCIM_TOKEN: `soak-scim-${'0'.repeat(32)}`,
      ADMIN_TOKEN: `soak-admin-${'0'.repeat(32)}`,
    };
    const first = await startInstance('the first instance', env, heap);
    instances.push(first);
    // It uses the database that the first one started.
    const second = await startInstance('the second instance', env, heap);
    instances.push(second);
    const result = await soak(first, second, minutes * 60_000, pause * 1_000);
    process.stdout.write(report(result));
    const faults = judge(result);
    for (const fault of faults) process.stdout.write(`FOUND: ${fault}\n`);
    process.stdout.write(faults.length === 0 ? 'Nothing was found.\n' : `${faults.length} findings.\n`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    for (const instance of instances.reverse()) await instance.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function soak(first: Instance, second: Instance, ms: number, pauseMs: number): Promise<SoakResult> {
  const hostile = await makeTenant(first.port, OPERATOR, 'hostile');
  const quiet = await makeTenant(first.port, OPERATOR, 'quiet');
  process.stderr.write('Filling the hostile workspace.\n');
  const state = await fillHostile(hostile.on(first.port));
  process.stderr.write(
    `${state.largeUsers.length} large and ${state.smallUsers.length} small users, ${state.groups.length} groups.\n`,
  );

  const until = Date.now() + ms;
  const isOver = () => Date.now() > until || first.ended() !== undefined || second.ended() !== undefined;
  const memory: MemorySample[] = [];
  const answers = new Map<string, Map<number, number>>();
  const work = [
    ...attackFrom(hostile, [first, second], state, isOver, answers),
    sampleMemory([first, second], isOver, memory),
    pauseNowAndThen(second, pauseMs, isOver),
  ];
  // On the instance that is never paused: a paused one answers nobody, and a load balancer would ask it no more.
  const measured = await Promise.all([
    runQuiet(quiet.on(first.port), isOver, 'one'),
    runQuiet(quiet.on(first.port), isOver, 'two'),
  ]);
  await Promise.all(work);
  return {
    measured,
    memory,
    answers,
    ended: [first.ended(), second.ended()].filter((text) => text !== undefined),
    held: [...(await heldAtTheEnd(first)), ...(await heldAtTheEnd(second))],
    verified: [await verified(quiet, first), await verified(hostile, first)],
  };
}

function attackFrom(
  hostile: Tenant,
  instances: readonly Instance[],
  state: HostileState,
  isOver: () => boolean,
  answers: Map<string, Map<number, number>>,
): Promise<unknown>[] {
  const all = instances.flatMap(({ port }) => {
    const clients = hostile.on(port);
    const attack = async ({ name, pause, run }: Attack): Promise<void> => {
      while (!isOver()) {
        for (const status of await run(clients, state)) {
          const counts = answers.get(name) ?? new Map<number, number>();
          answers.set(name, counts.set(status, (counts.get(status) ?? 0) + 1));
        }
        await sleep(pause);
      }
    };
    const slow = async (): Promise<void> => {
      while (!isOver()) await attackSlowly(port, hostile.tokens);
    };
    const resetting = async (): Promise<void> => {
      while (!isOver()) {
        await attackByReset(port, hostile.tokens);
        await sleep(100);
      }
    };
    const attacks = ATTACKS.flatMap((one) => Array.from({ length: one.clients }, () => attack(one)));
    return [...attacks, slow(), resetting()];
  });
  return all;
}

async function sampleMemory(
  instances: readonly Instance[],
  isOver: () => boolean,
  samples: MemorySample[],
): Promise<void> {
  while (!isOver()) {
    for (const instance of instances) {
      const bytes = await instance.memory();
      if (bytes !== undefined) samples.push({ instance: instance.name, bytes });
    }
    await sleep(SAMPLE_EVERY_MS);
  }
}

async function pauseNowAndThen(instance: Instance, pauseMs: number, isOver: () => boolean): Promise<void> {
  if (pauseMs === 0) return;
  let next = Date.now() + PAUSE_EVERY_MS / 4;
  while (!isOver()) {
    await sleep(500);
    if (Date.now() < next) continue;
    instance.pause();
    await sleep(pauseMs);
    instance.resume();
    next = Date.now() + PAUSE_EVERY_MS;
  }
}

const GIVEN_BACK_MS = 60_000;

/** What an instance still holds when nobody asks for anything any more. */
async function heldAtTheEnd({ name, port }: Instance): Promise<readonly string[]> {
  const until = Date.now() + GIVEN_BACK_MS;
  for (;;) {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (reply) => reply.text(),
      () => '',
    );
    const held = heldIn(text);
    if (held.length === 0) return [];
    if (Date.now() > until) return held.map((line) => `${name} still holds ${line}.`);
    await sleep(500);
  }
}

/** Whether the audit of a workspace verifies, asked again while the workspace has too much under way. */
async function verified(tenant: Tenant, instance: Instance): Promise<string | undefined> {
  const { auditor } = tenant.on(instance.port);
  for (let tries = 0; tries < 30; tries += 1) {
    const { status, text } = await auditor({ method: 'GET', path: '/api/v1/audit/verify' });
    if (status === 200)
      return text.includes('"ok":true') ? undefined : `${tenant.key}: ${text.slice(0, 500)}`;
    await sleep(2_000);
  }
  return `${tenant.key}: the audit could not be verified in a minute.`;
}

process.exitCode = await main();
