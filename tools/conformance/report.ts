import type { Exchange } from './exchange.ts';
import type { Level } from './requirement.ts';
import type { Result, Run } from './runner.ts';
import { sectionTitle } from './sections.ts';

/** A run for people to read: each section, what failed with its request and answer, what was skipped and why. */
export function textReport(run: Run): string {
  const sections = grouped(run.results, ({ requirement }) => sectionOf(requirement.id));
  const lines = [`SCIM conformance of ${run.base}`, ''];
  for (const [section, results] of sections) lines.push(...sectionLines(section, results));
  lines.push(...summaryLines(run));
  return `${lines.join('\n')}\n`;
}

/** The same for programs, with every request. */
export function jsonReport(run: Run): string {
  const results = run.results.map(({ requirement, ...result }) => ({
    id: requirement.id,
    level: requirement.level,
    title: requirement.title,
    paragraph: requirement.paragraph,
    ...result,
  }));
  const { base, left, isInterrupted } = run;
  return `${JSON.stringify({ base, isInterrupted, left, summary: counts(run.results), results }, undefined, 2)}\n`;
}

export function failed(run: Run, level: Level): readonly Result[] {
  return run.results.filter((result) => result.outcome === 'fail' && result.requirement.level === level);
}

/** `7644-3.5.2-04` is in section `7644-3.5.2`. */
function sectionOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

function sectionLines(section: string, results: readonly Result[]): readonly string[] {
  const { pass, fail, skip } = counts(results);
  const [rfc, number] = section.split('-');
  const name = `RFC ${rfc} section ${number}  ${sectionTitle(section)}`;
  const told = results.flatMap((result) => resultLines(result));
  return [`${name.padEnd(78)} ${pass} passed, ${fail} failed, ${skip} skipped`, ...told, ''];
}

function resultLines(result: Result): readonly string[] {
  const { requirement, outcome, reason = '', notes } = result;
  const name = `${requirement.id} ${requirement.level} ${requirement.title}`;
  const remarks = notes.map((note) => `      remark: ${note}`);
  if (outcome === 'pass') return remarks.length === 0 ? [] : [`  ok   ${name}`, ...remarks];
  if (outcome === 'skip') return [`  skip ${name}`, `      because ${reason}`, ...remarks];
  return [
    `  FAIL ${name}`,
    `      required: ${requirement.paragraph}`,
    `      found:    ${reason}`,
    ...(result.shows ? exchangeLines(result.shows).map((line) => `      ${line}`) : []),
    ...remarks,
  ];
}

const SHOWN_REQUEST = ['content-type', 'if-match', 'if-none-match', 'accept'];
const SHOWN_ANSWER = ['content-type', 'location', 'etag', 'www-authenticate', 'retry-after'];

function exchangeLines(exchange: Exchange): readonly string[] {
  return [
    `> ${exchange.method} ${exchange.url}`,
    ...headerLines(exchange.requestHeaders, SHOWN_REQUEST).map((line) => `> ${line}`),
    ...(exchange.requestBody === undefined ? [] : [`> ${short(exchange.requestBody)}`]),
    `< ${exchange.status === 0 ? 'no answer' : exchange.status}`,
    ...headerLines(exchange.responseHeaders, SHOWN_ANSWER).map((line) => `< ${line}`),
    ...(exchange.responseBody === '' ? [] : [`< ${short(exchange.responseBody)}`]),
  ];
}

function headerLines(headers: Readonly<Record<string, string>>, names: readonly string[]): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => names.includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`);
}

function short(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > 1500 ? `${line.slice(0, 1500)}… (${line.length} characters)` : line;
}

function summaryLines(run: Run): readonly string[] {
  const lines = ['Summary                  passed  failed  skipped'];
  for (const [rfc, ofRfc] of grouped(run.results, ({ requirement }) => requirement.id.slice(0, 4))) {
    for (const level of ['MUST', 'SHOULD', 'MAY'] as const) {
      const { pass, fail, skip } = counts(ofRfc.filter(({ requirement }) => requirement.level === level));
      if (pass + fail + skip === 0) continue;
      const numbers = [pass, fail, skip].map((number) => String(number).padStart(7)).join(' ');
      lines.push(`  RFC ${rfc}  ${level.padEnd(6)}      ${numbers}`);
    }
  }
  const { pass, fail, skip } = counts(run.results);
  lines.push(
    `  all                  ${[pass, fail, skip].map((number) => String(number).padStart(7)).join(' ')}`,
  );
  if (run.left.length > 0) lines.push('', `Could not be deleted: ${run.left.join(', ')}`);
  if (run.isInterrupted) lines.push('', 'The run was interrupted.');
  const musts = failed(run, 'MUST').length;
  lines.push('', musts === 0 ? 'No MUST failed.' : `${musts} MUST failed.`);
  return lines;
}

function counts(results: readonly Result[]): Record<Result['outcome'], number> {
  const of = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome).length;
  return { pass: of('pass'), fail: of('fail'), skip: of('skip') };
}

function grouped<T>(list: readonly T[], key: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(key(one)) ?? [];
    groups.set(key(one), group);
    group.push(one);
  }
  return groups;
}
