import type { Call, Send } from './client.ts';

/** One of the things that a case compares. */
export interface Subject {
  readonly send: Send;
  /** The n-th request; n never comes twice. */
  readonly call: (n: number) => Call;
  /** Most requests in all, for what is slow; else as many as the time allows. */
  readonly most?: number;
}

/** Things to be measured beside each other, and what is to hold between two of them. */
export interface Case {
  readonly name: string;
  readonly subjects: Readonly<Record<string, Subject>>;
  /** How many requests are under way at once; 1 measures latency. */
  readonly concurrency: number;
  /** Requests to each before it is measured: a large program is compiled while it runs, and a sync is long. */
  readonly warmUp?: number;
  readonly target?: Target;
}

/** A ratio of medians, throughput when `atLeast` and latency when `atMost`. */
export interface Target {
  readonly of: string;
  readonly to: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Medians over the rounds. */
export interface Figures {
  readonly perSecond: number;
  readonly milliseconds: number;
  readonly requests: number;
}

export interface Result {
  readonly name: string;
  readonly concurrency: number;
  readonly figures: Readonly<Record<string, Figures>>;
  readonly target: (Target & { readonly ratio: number; readonly isMet: boolean }) | undefined;
}

export interface Pace {
  readonly rounds: number;
  /** How long each subject is measured in each round. */
  readonly milliseconds: number;
}

interface Round {
  readonly perSecond: number;
  readonly milliseconds: number;
  readonly requests: number;
}

/** How much longer the first round is, where a case names no requests for it, and the most that it takes where one does. */
const WARMING = 10;
const LONGEST_WARMING_MS = 30_000;

/** Measures the subjects of a case in turns, so that what disturbs the machine disturbs all of them. */
export async function measure(one: Case, pace: Pace): Promise<Result> {
  const subjects = Object.entries(one.subjects);
  const rounds = new Map(subjects.map(([name]): [string, Round[]] => [name, []]));
  const counts = new Map<string, number>();
  // The first is for warming up: until the code is compiled, it is the compiler that is measured.
  for (let index = -1; index < pace.rounds; index++) {
    const order = index % 2 === 0 ? subjects : subjects.toReversed();
    for (const [name, subject] of order) {
      const done = counts.get(name) ?? 0;
      const left = (subject.most ?? Infinity) - done;
      if (left <= 0) continue;
      const warming = one.warmUp === undefined ? pace.milliseconds * WARMING : LONGEST_WARMING_MS;
      const part = index < 0 ? warming : pace.milliseconds;
      const most = index < 0 ? Math.min(left, one.warmUp ?? left) : left;
      const round = await run(subject, one.concurrency, part, done, most);
      counts.set(name, done + round.requests);
      if (index >= 0 || subject.most !== undefined) rounds.get(name)?.push(round);
    }
  }
  const figures = Object.fromEntries([...rounds].map(([name, list]) => [name, figuresOf(list)]));
  return { name: one.name, concurrency: one.concurrency, figures, target: judged(one.target, figures) };
}

async function run(
  { send, call }: Subject,
  concurrency: number,
  milliseconds: number,
  from: number,
  most: number,
): Promise<Round> {
  const begun = performance.now();
  const latencies: number[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < most && (next === 0 || performance.now() - begun < milliseconds)) {
      const answer = await send(call(from + next++), { discard: true });
      latencies.push(answer.milliseconds);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - begun) / 1000;
  return {
    perSecond: latencies.length / seconds,
    milliseconds: median(latencies),
    requests: latencies.length,
  };
}

function figuresOf(rounds: readonly Round[]): Figures {
  return {
    perSecond: median(rounds.map((round) => round.perSecond)),
    milliseconds: median(rounds.map((round) => round.milliseconds)),
    requests: rounds.reduce((sum, round) => sum + round.requests, 0),
  };
}

function judged(target: Target | undefined, figures: Readonly<Record<string, Figures>>): Result['target'] {
  const [of, to] = [figures[target?.of ?? ''], figures[target?.to ?? '']];
  if (!target || !of || !to) return undefined;
  const ratio =
    target.atLeast === undefined ? of.milliseconds / to.milliseconds : of.perSecond / to.perSecond;
  return { ...target, ratio, isMet: ratio >= (target.atLeast ?? 0) && ratio <= (target.atMost ?? Infinity) };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
