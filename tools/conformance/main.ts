import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { failed, jsonReport, textReport } from './report.ts';
import { requirements } from './requirements/index.ts';
import { run } from './runner.ts';

const USAGE = `Tests a SCIM 2.0 service provider against RFC 7643, RFC 7644 and RFC 9865, from outside.

  npm run conformance -- --base URL --token TOKEN [--only ID,…] [--json FILE]

  --base   the base URL, such as https://example.com/scim/v2
  --token  the bearer token
  --only   requirements by number (7644-3.6-02) or section (7644-3.6), with commas between them
  --json   also write everything that was sent and answered to this file
  --list   name the requirements and end

It makes users and groups of its own, whose names begin with "check-", and deletes them at the end. Ends with 1 when a
requirement fails that the RFC has as MUST.
`;

async function main(): Promise<number> {
  const read = readArguments();
  if (typeof read === 'string') {
    process.stderr.write(`${read}\n\n${USAGE}`);
    return 2;
  }
  const chosen = requirements.filter(({ id }) => isChosen(id, read.only));
  if (read.list) {
    for (const { id, level, title } of chosen)
      process.stdout.write(`${id.padEnd(16)} ${level.padEnd(6)} ${title}\n`);
    return 0;
  }
  if (chosen.length === 0) {
    process.stderr.write('--only names no requirement; --list shows them.\n');
    return 2;
  }

  const abort = new AbortController();
  const stop = () => {
    abort.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const done = await run({
    base: read.base,
    token: read.token,
    requirements: chosen,
    signal: abort.signal,
    onResult: ({ outcome }) => process.stderr.write({ pass: '.', fail: 'F', skip: '-' }[outcome]),
  });
  process.stderr.write('\n');
  process.stdout.write(textReport(done));
  if (read.json !== undefined) await writeFile(read.json, jsonReport(done));
  if (done.isInterrupted) return 130;
  return failed(done, 'MUST').length === 0 ? 0 : 1;
}

interface Arguments {
  readonly base: string;
  readonly token: string;
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly list: boolean;
}

/** The arguments, or what is wrong with them. */
function readArguments(): Arguments | string {
  try {
    const { values } = parseArgs({
      options: {
        base: { type: 'string' },
        token: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'string' },
        list: { type: 'boolean' },
      },
    });
    const list = values.list === true;
    if (!list && (values.base === undefined || !/^https?:\/\//.test(values.base))) {
      return '--base must be an http or https URL.';
    }
    if (!list && (values.token === undefined || values.token === '')) return '--token is missing.';
    const only = (values.only ?? '').split(',').filter((id) => id !== '');
    return { base: values.base ?? '', token: values.token ?? '', only, json: values.json, list };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isChosen(id: string, only: readonly string[]): boolean {
  return (
    only.length === 0 ||
    only.some((one) => id === one || id.startsWith(`${one}-`) || id.startsWith(`${one}.`))
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\nThe run broke off: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 3;
}
