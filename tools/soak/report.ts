import type { Measured } from './quiet.ts';

export interface MemorySample {
  readonly instance: string;
  readonly bytes: number;
}

export interface SoakResult {
  readonly measured: readonly Measured[];
  readonly memory: readonly MemorySample[];
  /** How often each attack was answered with each status. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** How processes ended that should not have. */
  readonly ended: readonly string[];
  /** What instances still held when all was over. */
  readonly held: readonly string[];
  /** What is wrong with the audit of each workspace; undefined where nothing is. */
  readonly verified: readonly (string | undefined)[];
}

const P99_MS = 1_000;
/** Answers of 503, of a thousand. */
const MOST_UNAVAILABLE = 1;
/** How much larger the last third's median may be than the middle third's. */
const MOST_GROWTH = 1.25;
const MB = 1024 * 1024;

/** What the soak has to find wrong; empty when all is well. */
export function judge({ measured, memory, ended, held, verified }: SoakResult): readonly string[] {
  const faults = [...ended, ...held, ...verified.filter((text) => text !== undefined)];
  const milliseconds = measured.flatMap((one) => one.milliseconds);
  const p99 = percentile(milliseconds, 0.99);
  if (!(p99 < P99_MS)) faults.push(`the quiet workspace's 99th percentile is ${Math.round(p99)} ms.`);
  let unavailable = 0;
  for (const [status, count] of measured.flatMap(({ statuses }) => [...statuses])) {
    if (status === 503) unavailable += count;
    else if (status === 0 || status === 429 || status >= 500)
      faults.push(`the quiet workspace got ${count} times ${status === 0 ? 'no answer' : status}.`);
  }
  if (unavailable * 1_000 > milliseconds.length * MOST_UNAVAILABLE)
    faults.push(`the quiet workspace got ${unavailable} times 503, of ${milliseconds.length}.`);
  for (const instance of new Set(memory.map((sample) => sample.instance))) {
    const bytes = memory.filter((sample) => sample.instance === instance).map((sample) => sample.bytes);
    const third = Math.floor(bytes.length / 3);
    const [middle, last] = [median(bytes.slice(third, 2 * third)), median(bytes.slice(2 * third))];
    if (third > 2 && last > middle * MOST_GROWTH)
      faults.push(`the memory of ${instance} grew from ${inMb(middle)} to ${inMb(last)} MB.`);
  }
  return faults;
}

/** What is held, by the text of `/metrics`: nothing, once nothing is under way. Without the gauge, that is told. */
export function heldIn(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('rollcall_held{'));
  if (lines.length === 0) return ['what is unknown: there is no gauge of it'];
  return lines.filter((line) => !line.endsWith(' 0'));
}

/** The result as text for people. */
export function report({ measured, memory, answers }: SoakResult): string {
  const milliseconds = measured.flatMap((one) => one.milliseconds);
  const lines = [
    `Quiet workspace: ${milliseconds.length} requests, median ${Math.round(median(milliseconds))} ms, ` +
      `99th percentile ${Math.round(percentile(milliseconds, 0.99))} ms, ` +
      `longest ${Math.round(milliseconds.reduce((most, one) => Math.max(most, one), 0))} ms.`,
    `  by status: ${statusesOf(measured.flatMap(({ statuses }) => [...statuses]))}`,
    ...measured.flatMap(({ surprises }) => surprises.map((text) => `  ${text}`)),
    ...[...answers].map(([name, statuses]) => `Hostile, ${name}: ${statusesOf([...statuses])}`),
  ];
  for (const instance of new Set(memory.map((sample) => sample.instance))) {
    const bytes = memory.filter((sample) => sample.instance === instance).map((sample) => sample.bytes);
    const most = bytes.reduce((a, b) => Math.max(a, b), 0);
    lines.push(`Memory of ${instance}: median ${inMb(median(bytes))} MB, most ${inMb(most)} MB.`);
  }
  return `${lines.join('\n')}\n`;
}

function statusesOf(counts: readonly (readonly [number, number])[]): string {
  const sums = new Map<number, number>();
  for (const [status, count] of counts) sums.set(status, (sums.get(status) ?? 0) + count);
  return [...sums]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${status === 0 ? 'no answer' : status}: ${count}`)
    .join(', ');
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function inMb(bytes: number): number {
  return Math.round(bytes / MB);
}
