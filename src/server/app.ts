import express, { type Express } from 'express';
import { problems } from '../api/errors.ts';
import { API_BASE, createApi } from '../api/index.ts';
import { createDescription } from '../api/openapi/router.ts';
import { routes } from '../api/routes/index.ts';
import { createStreams, streamLimits, type Streams } from '../api/streams.ts';
import type { Config } from '../config.ts';
import type { ProvisioningLog } from '../core/audit/scim-requests.ts';
import type { Core } from '../core/context/core.ts';
import { createWriteBudget } from '../core/context/write-budget.ts';
import { accessLog } from '../http/access-log.ts';
import { callerOf, onlyScopes } from '../http/caller.ts';
import { inOrder } from '../http/compose.ts';
import { createGuard } from '../http/guard.ts';
import { health } from '../http/health.ts';
import { oneAtATime } from '../http/one-at-a-time.ts';
import { requestId } from '../http/request-id.ts';
import { securityHeaders } from '../http/security-headers.ts';
import { createInvite, INVITE_BASE } from '../invite/router.ts';
import { RollcallError } from '../lib/errors.ts';
import { createScim } from '../scim/router.ts';

export interface AppOptions {
  readonly core: Core;
  readonly config: Pick<Config, 'publicUrl' | 'rateLimitPerSecond' | 'databasePoolSize'>;
  /** Signs invitation links and sessions. */
  readonly secretKey: string;
  /** Where SCIM requests are noted. */
  readonly provisioningLog: ProvisioningLog;
  /** True once the process is to end: /readyz says so. */
  readonly isStopping?: () => boolean;
  /** Sends exports; those of the usual limits unless others are given. */
  readonly streams?: Streams;
  /** Checks every answer of the companion API against its schema; for tests. */
  readonly checkReplies?: boolean;
}

/** Puts the house together: two edges over one core, and the invitee's pages. */
export function createApp({
  core: given,
  config,
  secretKey,
  provisioningLog,
  isStopping = () => false,
  streams = createStreams(streamLimits(config.databasePoolSize)),
  checkReplies = false,
}: AppOptions): Express {
  const core = { ...given, writeBudget: createWriteBudget(config.rateLimitPerSecond) };
  const app = express();
  app.disable('x-powered-by');
  // Versions of resources are the core's; a hash of each answer would cost time and mean nothing.
  app.disable('etag');
  app.use(inOrder(oneAtATime, requestId, accessLog, securityHeaders(config.publicUrl)));

  const guard = createGuard(core, config.rateLimitPerSecond);
  app.use(
    '/scim/v2',
    createScim({
      core,
      publicUrl: config.publicUrl,
      secretKey,
      guards: [guard, onlyScopes('scim')],
      callerOf,
      provisioningLog,
    }),
  );
  app.use(health(core, isStopping));
  app.use(createDescription({ routes, publicUrl: config.publicUrl, base: API_BASE }));
  app.use(API_BASE, createApi({ core, guard, streams, checkReplies }));
  app.use(INVITE_BASE, createInvite({ core, rateLimitPerSecond: config.rateLimitPerSecond }));

  app.use((req) => {
    throw new RollcallError(
      'not_found',
      `There is nothing at ${req.path}; SCIM is at /scim/v2, the API at ${API_BASE}.`,
    );
  });
  app.use(problems);
  return app;
}
