import type { Result } from './measure.ts';
import type { Finding } from './special.ts';

/** The results as a person reads them. */
export function table(results: readonly Result[], findings: readonly Finding[]): string {
  const lines = results.flatMap((result) => [
    `${result.name}  (${result.concurrency} at once)`,
    ...Object.entries(result.figures).map(
      ([name, { perSecond, milliseconds, requests }]) =>
        `    ${name.padEnd(24)}${perSecond.toFixed(perSecond < 100 ? 1 : 0).padStart(9)} a second` +
        `${milliseconds.toFixed(2).padStart(10)} ms${String(requests).padStart(9)} requests`,
    ),
    ...(result.target ? [`    ${judgement(result.target)}`] : []),
  ]);
  return [
    ...lines,
    ...findings.map(
      ({ name, value, promised, isMet }) =>
        `${name}: ${value}${promised === undefined ? '' : ` (${promised}: ${isMet === true ? 'met' : 'NOT MET'})`}`,
    ),
    '',
  ].join('\n');
}

function judgement({ of, to, ratio, atLeast, atMost, isMet }: NonNullable<Result['target']>): string {
  const [what, bound] =
    atLeast === undefined ? ['latency', `at most ${atMost ?? 0}`] : ['throughput', `at least ${atLeast}`];
  return `${what} of ${of} to that of ${to}: ${ratio.toFixed(2)} (${bound}: ${isMet ? 'met' : 'NOT MET'})`;
}
