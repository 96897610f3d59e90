import type { Server } from 'node:http';
import { join } from 'node:path';
import { createStreams, streamLimits } from '../api/streams.ts';
import type { Config } from '../config.ts';
import { openProvisioningLog } from '../core/audit/scim-requests.ts';
import { deriveSigningKey } from '../core/context/signing.ts';
import { prepareFirstStart } from '../core/workspaces/bootstrap.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded.ts';
import { createHttpServer } from '../http/server.ts';
import { startJobs } from '../jobs/index.ts';
import { log } from '../lib/log.ts';
import { fileMailer, type Mailer, smtpMailer } from '../mail/mailer.ts';
import { closeJobQueue, openJobQueue } from '../store/db/job-queue.ts';
import { migrate } from '../store/db/migrate.ts';
import { openDb } from '../store/db/pool.ts';
import { createApp } from './app.ts';
import { prepareDataDir } from './data-dir.ts';
import { firstStartText } from './first-start-message.ts';
import { closeServer, type Lifecycle } from './lifecycle.ts';
import { keptSecretKey } from './secret-key.ts';

/**
 * Starts everything in order: database, schema, first workspace, server. What is opened is noted in `lifecycle`, also
 * when a later step fails.
 */
export async function start(config: Config, lifecycle: Lifecycle): Promise<void> {
  const secretKey = config.secretKey ?? (await keptSecretKey(config.dataDir));
  const database: { readonly url: string; readonly directory?: string } =
    config.databaseUrl === undefined ? await startDatabase(config, lifecycle) : { url: config.databaseUrl };
  const db = openDb({ url: database.url, poolSize: config.databasePoolSize });
  lifecycle.opened(() => db.destroy());
  const migrations = await migrate(db);
  if (migrations.length > 0) log.info('The database was migrated.', { migrations });

  const jobQueue = await openJobQueue(db);
  lifecycle.opened(() => closeJobQueue(jobQueue));
  const { publicUrl, invitationTtlHours: ttlHours } = config;
  const invitations = { secretKey, publicUrl, ttlHours };
  const core = {
    db,
    invitations,
    jobs: jobQueue,
    signing: deriveSigningKey(secretKey),
    ...(database.directory !== undefined && { storage: { directory: database.directory } }),
  };
  const tokens = await prepareFirstStart(core, config.tokens);
  // Not through the log, which is kept and passed on.
  if (tokens) process.stdout.write(firstStartText(config, tokens));

  const provisioningLog = openProvisioningLog(core);
  lifecycle.opened(() => provisioningLog.close());
  const { isStopping } = lifecycle;
  const jobs = await startJobs(core, { mailer: openMailer(config), isStopping });
  lifecycle.opened(() => jobs.stop());
  const streams = createStreams(streamLimits(config.databasePoolSize));
  const server = createHttpServer(
    createApp({ core, config, secretKey, provisioningLog, isStopping, streams }),
  );
  await listen(server, config);
  lifecycle.opened(() => closeServer(server, streams));
  // While the server closes, a mail that was begun has time to go out.
  lifecycle.opened(() => {
    jobs.takeNoMore();
    return Promise.resolve();
  });
  log.info(`Listening on ${config.host}:${config.port}.`, { scim: `${config.publicUrl}/scim/v2` });
}

function openMailer({ mail, dataDir }: Config): Mailer {
  if (mail) return smtpMailer(mail);
  const directory = join(dataDir, 'mail');
  log.info(`SMTP_URL is not set: mail is written to ${directory}.`);
  return fileMailer({ directory, prepare: () => prepareDataDir(dataDir) });
}

async function startDatabase(config: Config, lifecycle: Lifecycle): Promise<EmbeddedPostgres> {
  await prepareDataDir(config.dataDir);
  const database = await startEmbeddedPostgres({
    directory: join(config.dataDir, 'postgres'),
    log: (level, message, fields) => void log.log(level, message, fields ?? {}),
  });
  lifecycle.opened(() => database.stop());
  return database;
}

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(LISTEN_ERRORS[error.code ?? '']?.(host, port) ?? error.message, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

const LISTEN_ERRORS: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `PORT: ${host}:${port} is in use by another process; stop it or choose another port.`,
  EACCES: (_host, port) => `PORT: this user may not listen on ${port}; choose a port from 1024 up.`,
  EADDRNOTAVAIL: (host) => `HOST: ${host} is not an address of this machine.`,
  ENOTFOUND: (host) => `HOST: ${host} is not a known name.`,
};
