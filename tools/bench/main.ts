import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sql from 'sql-template-tag';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../src/store/db/scope.ts';
import { casesOf, type Tenant } from './cases.ts';
import { clientOf, type Send } from './client.ts';
import { fill, fillOthers } from './directory.ts';
import { measure, type Result } from './measure.ts';
import { type Running, startServer } from './processes.ts';
import { table } from './report.ts';
import { exported, type Finding, heldUp, lastCursor, sixteenWriters, sizesOf } from './special.ts';

const USAGE = `Measures Rollcall beside the least that could be done on the same database, in one run.

  npm run bench -- [--users 100000] [--rounds 9] [--milliseconds 400] [--only TEXT] [--json FILE]

Starts a PostgreSQL in a temporary directory, the servers as processes of their own, and fills the database. Every case
is measured in turns and told as medians. --only measures the cases whose name has the text in it.
`;

const TOKENS = {
  SCIM_TOKEN: 'bench-scim-token-of-a-throw-away-server',
  ADMIN_TOKEN: 'bench-admin-token-of-a-throw-away-server',
  OPERATOR_TOKEN: 'bench-operator-token-of-a-throw-away-server',
};
const SMALL = 1_000;
const LARGEST_GROUP = 500_000;

const progress = (text: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '9' },
      milliseconds: { type: 'string', default: '400' },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [users, rounds, milliseconds] = [values.users, values.rounds, values.milliseconds].map(Number) as [
    number,
    number,
    number,
  ];
  const isRight = [users, rounds, milliseconds].every((number) => Number.isInteger(number) && number > 0);
  if (values.help === true || !isRight || users < SMALL) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one().catch(() => undefined);
  };
  process.once('SIGINT', () => void close().finally(() => process.exit(130)));
  try {
    await bench({ users, rounds, milliseconds, only: values.only, json: values.json }, closers);
    return 0;
  } finally {
    await close();
  }
}

interface Options {
  readonly users: number;
  readonly rounds: number;
  readonly milliseconds: number;
  readonly only: string;
  readonly json: string | undefined;
}

async function bench(options: Options, closers: (() => Promise<unknown>)[]): Promise<void> {
  const { users, rounds, only } = options;
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  // The database may run as another user than the one who starts it.
  await chmod(directory, 0o755);
  progress('starting PostgreSQL');
  const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
  closers.push(() => postgres.stop());
  const env = { DATABASE_URL: postgres.url };
  const started = async (file: string, more: Record<string, string>, ready: string): Promise<Running> => {
    const server = await startServer(file, { ...env, ...more }, ready);
    closers.push(() => server.stop());
    return server;
  };
  progress('starting Rollcall');
  const rollcall = await started(
    'src/main.ts',
    { ...TOKENS, SECRET_KEY: 'k'.repeat(32), DATA_DIR: directory, RATE_LIMIT_PER_SECOND: '1000000' },
    '/readyz',
  );
  const send = clientOf(rollcall.port);
  const smallTokens = await secondWorkspace(send);

  const db = openDb({ url: postgres.url, poolSize: 2 });
  closers.push(() => db.destroy());
  progress(`loading ${users} users`);
  const sizes = [10, 1_000, 10_000, Math.min(users, LARGEST_GROUP)].filter(
    (size, index, all) => size <= users && all.indexOf(size) === index,
  );
  const large: Tenant = {
    directory: await fill(db, 'default', users, sizes),
    scimToken: TOKENS.SCIM_TOKEN,
    adminToken: TOKENS.ADMIN_TOKEN,
  };
  const small: Tenant = { directory: await fill(db, 'small', SMALL, [10]), ...smallTokens };
  await fillOthers(db, large.directory);
  await rows(acrossWorkspaces(db), sql`vacuum analyze`);
  progress('starting what it is compared with');
  const bareHttp = clientOf((await started('tools/bench/servers/bare-http.ts', {}, '/users/x')).port);
  const bareExpress = clientOf((await started('tools/bench/servers/bare-express.ts', {}, '/')).port);
  const naive = clientOf((await started('tools/bench/servers/naive-scimmy.ts', {}, '/')).port);

  const idle = clientOf((await started('tools/bench/servers/idle.ts', {}, '/')).port);

  const wanted = (name: string): boolean => name.toLowerCase().includes(only.toLowerCase());
  const needsCursor = wanted('a page of 200 by cursor, the last against the first');
  const cursor = needsCursor ? await lastCursor(send, large) : '';
  const results: Result[] = [];
  const findings: Finding[] = [];
  await heldUp('what came before', send, idle);
  for (const one of casesOf({
    rollcall: send,
    bareExpress,
    bareHttp,
    naive,
    large,
    small,
    lastCursor: cursor,
  })) {
    if (!wanted(one.name)) continue;
    progress(one.name);
    results.push(await measure(one, { rounds, milliseconds: options.milliseconds }));
    findings.push(await heldUp(one.name, send, idle));
  }
  if (wanted('16 writers')) findings.push(await sixteenWriters(send, large));
  for (const [file, most] of [
    ['users.csv', 5],
    ['access.csv', 20],
  ] as const) {
    if (!wanted(file)) continue;
    progress(file);
    findings.push(...(await exported(rollcall, send, large, file, most)));
    findings.push(await heldUp(file, send, idle));
  }
  findings.push(...(await sizesOf(db)));
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    node: process.version,
    postgres: postgres.version,
  };
  process.stdout.write(`${JSON.stringify({ ...machine, users, rounds })}\n${table(results, findings)}`);
  if (options.json !== undefined) {
    await writeFile(options.json, JSON.stringify({ machine, options, results, findings }, undefined, 2));
  }
}

/** Makes a workspace for few people, with tokens of its own. */
async function secondWorkspace(send: Send): Promise<{ scimToken: string; adminToken: string }> {
  const token = TOKENS.OPERATOR_TOKEN;
  const body = { key: 'small', name: 'Small' };
  await send({ method: 'POST', path: '/api/v1/workspaces', body, token, status: 201 });
  const issue = async (scope: 'scim' | 'admin'): Promise<string> => {
    const call = { method: 'POST', path: '/api/v1/tokens', token, workspace: body.key, status: 201 };
    const { text } = await send({ ...call, body: { name: scope, scope } });
    return (JSON.parse(text) as { token: string }).token;
  };
  return { scimToken: await issue('scim'), adminToken: await issue('admin') };
}

process.exitCode = await main();
