import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStreams, streamLimits, type StreamLimits } from '../../src/api/streams.ts';
import { openProvisioningLog, type ProvisioningLog } from '../../src/core/audit/scim-requests.ts';
import type { Core } from '../../src/core/context/core.ts';
import { deriveSigningKey } from '../../src/core/context/signing.ts';
import { type FirstTokens, prepareFirstStart } from '../../src/core/workspaces/bootstrap.ts';
import { createHttpServer, type HttpLimits } from '../../src/http/server.ts';
import { type JobsOptions, startJobs } from '../../src/jobs/index.ts';
import { setLogLevel } from '../../src/lib/log.ts';
import { fileMailer, smtpMailer } from '../../src/mail/mailer.ts';
import { createApp } from '../../src/server/app.ts';
import { closeJobQueue, type JobQueueOptions, openJobQueue } from '../../src/store/db/job-queue.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { createDatabase } from './database.ts';

/** What came back; `body` is parsed when it is JSON, and undefined when there is none. */
export interface Reply<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface RequestOptions {
  readonly token?: string | undefined;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request; a path that begins with "/" is on the app under test. */
export type Send = <Body = Record<string, unknown>>(
  method: string,
  path: string,
  options?: RequestOptions,
) => Promise<Reply<Body>>;

/** A server over a database of its own, with the workspace `default`. */
export interface TestApp {
  readonly url: string;
  readonly databaseUrl: string;
  readonly core: Core;
  readonly provisioningLog: ProvisioningLog;
  readonly tokens: FirstTokens;
  /** Where mail is, a file each, when it goes to no server; made with the first. */
  readonly mailDirectory: string;
  readonly request: Send;
  readonly stop: () => Promise<void>;
}

const TOKENS: FirstTokens = {
  scim: 'scim-token-of-the-tests-0123456789',
  admin: 'admin-token-of-the-tests-0123456789',
  operator: 'operator-token-of-the-tests-0123456789',
};

export interface StartOptions {
  readonly rateLimitPerSecond?: number;
  /** Another way to the database, by its URL: through a proxy. */
  readonly connect?: (databaseUrl: string) => string;
  /** Where mail goes; else to files. */
  readonly smtpUrl?: string;
  /** How exports are limited otherwise than usual. */
  readonly streams?: Partial<StreamLimits>;
  /** How connections are limited otherwise than usual. */
  readonly http?: HttpLimits;
  /** How jobs go otherwise than usual; null for none. */
  readonly jobs?: Partial<JobsOptions> | null;
  /** How the job queue is kept otherwise than usual. */
  readonly queue?: JobQueueOptions;
}

/** Starts an app on a free port of 127.0.0.1. Its answers are checked against their schemas. */
export async function startApp(options: StartOptions = {}): Promise<TestApp> {
  setLogLevel('silent');
  const database = await createDatabase();
  const db = openDb({ url: options.connect?.(database.url) ?? database.url, poolSize: 10 });
  const server = createHttpServer(undefined, options.http);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secretKey = 'k'.repeat(32);
  const invitations = { secretKey, publicUrl: url, ttlHours: 24 };
  const queue = await openJobQueue(db, { supervises: options.jobs !== null, ...options.queue });
  const core: Core = { db, invitations, jobs: queue, signing: deriveSigningKey(secretKey) };
  await prepareFirstStart(core, TOKENS);

  const provisioningLog = openProvisioningLog(core);
  const mailDirectory = join(tmpdir(), `rollcall-mail-${randomUUID()}`);
  const jobs = options.jobs === null ? undefined : await startJobs(core, jobsOptions(options, mailDirectory));
  const config = {
    publicUrl: url,
    rateLimitPerSecond: options.rateLimitPerSecond ?? 0,
    databasePoolSize: 10,
  };
  const streams = createStreams({ ...streamLimits(config.databasePoolSize), ...options.streams });
  server.on('request', createApp({ core, config, secretKey, provisioningLog, streams, checkReplies: true }));

  return {
    url,
    databaseUrl: database.url,
    core,
    provisioningLog,
    tokens: TOKENS,
    mailDirectory,
    request: requestsTo(url),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await jobs?.stop();
      await closeJobQueue(queue);
      await provisioningLog.close();
      await db.destroy();
      await database.drop();
      await rm(mailDirectory, { recursive: true, force: true });
    },
  };
}

function jobsOptions({ smtpUrl, jobs }: StartOptions, directory: string): JobsOptions {
  const mailer =
    smtpUrl === undefined
      ? fileMailer({ directory })
      : smtpMailer({ smtpUrl, from: 'Rollcall <rollcall@example.com>' });
  return { mailer, pollSeconds: 0.5, retryMs: 200, settleEveryMs: 1_000, ...jobs };
}

/** Sends requests to a server by its address. */
export function requestsTo(url: string): Send {
  return async <Body>(method: string, path: string, options: RequestOptions = {}): Promise<Reply<Body>> => {
    const { token, body, headers = {} } = options;
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    const parsed: unknown = text === '' ? undefined : isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed as Body };
  };
}
