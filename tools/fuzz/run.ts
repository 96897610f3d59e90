import { apiRequest } from './api-requests.ts';
import { type Finding, problemOf } from './findings.ts';
import { mutate } from './mutate.ts';
import { randomFor } from './random.ts';
import type { WireRequest } from './request.ts';
import { firstResources, type Known, scimRequest } from './scim-requests.ts';
import { type Answer, send } from './send.ts';
import type { TargetServer } from './target-server.ts';
import { toWire } from './wire.ts';

export interface FuzzOptions {
  readonly target: TargetServer;
  readonly seed: number;
  readonly requests: number;
  readonly concurrency: number;
  readonly milliseconds: number;
  readonly onProgress: (sent: number, findings: number) => void;
}

export interface FuzzResult {
  readonly sent: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly findings: readonly Finding[];
  /** Bytes of the process after the first tenth, and at the end. */
  readonly memory: { readonly before: number | undefined; readonly after: number | undefined };
  readonly crash: string | undefined;
}

/** After so many requests it is asked anew which users and groups there are. */
const REFRESH = 250;

/** Sends requests that are the same for the same seed, as far as ids allow it. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { target, seed, requests, concurrency, onProgress } = options;
  const until = Date.now() + options.milliseconds;
  const statuses = new Map<number, number>();
  const findings: Finding[] = [];
  let before: number | undefined;
  let sent = 0;

  for (const draft of firstResources(randomFor(seed, -1))) {
    await send(target, toWire(draft, target.scimToken, target, NEVER));
  }
  let known = await askKnown(target, NOBODY);

  async function one(index: number): Promise<void> {
    if (index % REFRESH === 0) known = await askKnown(target, known);
    const request = requestFor(target, seed, index, known);
    const answer = await send(target, request);
    sent += 1;
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const what = problemOf(request, answer);
    if (what !== undefined) findings.push({ index, what, request, answer });
    if (sent === Math.ceil(requests / 10)) before = await target.memory();
    if (sent % 200 === 0) onProgress(sent, findings.length);
  }

  const numbers = Array.from({ length: requests }, (_, index) => index).values();
  const work = async () => {
    for (const index of numbers) {
      if (Date.now() > until || target.ended() !== undefined) return;
      await one(index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  // What the process has put off gets its time.
  if (before !== undefined) await new Promise((resolve) => setTimeout(resolve, 2000));
  const after = await target.memory();
  const crash = target.ended() ?? (await isAlive(target));
  return { sent, statuses, findings, memory: { before, after }, crash };
}

/** The request of a number. */
function requestFor(target: TargetServer, seed: number, index: number, known: Known): WireRequest {
  const random = randomFor(seed, index);
  const { apiToken } = target;
  if (apiToken !== undefined && random.once(4)) {
    return toWire(mutate(apiRequest(random, known), random), apiToken, target, random);
  }
  return toWire(mutate(scimRequest(random, known), random), target.scimToken, target, random);
}

const NOBODY: Known = {
  users: ['00000000-0000-7000-8000-000000000000'],
  groups: ['00000000-0000-7000-8000-000000000001'],
};

const NEVER = { number: () => 1, pick: <T>(list: readonly T[]) => list[0] as T, once: () => false };

/** Which users and groups there are, a hundred of each. */
async function askKnown(target: TargetServer, before: Known): Promise<Known> {
  const ids = async (endpoint: string, others: readonly string[]) => {
    const query = 'count=100&attributes=id';
    const draft = { method: 'GET', path: `/scim/v2/${endpoint}`, query, headers: [], body: undefined };
    const answer = await send(target, toWire(draft, target.scimToken, target, NEVER));
    const found = [...answer.body.matchAll(/"id":"([^"]+)"/g)].map(([, id = '']) => id);
    return found.length > 0 ? found : others;
  };
  return { users: await ids('Users', before.users), groups: await ids('Groups', before.groups) };
}

/** Undefined when it still works; else what is wrong. */
async function isAlive(target: TargetServer): Promise<string | undefined> {
  const draft = { method: 'GET', path: '/scim/v2/Users', query: 'count=1', headers: [], body: undefined };
  const answer: Answer = await send(target, toWire(draft, target.scimToken, target, NEVER));
  return answer.status === 200
    ? undefined
    : `at the end a list is answered with ${answer.status || answer.error}`;
}
