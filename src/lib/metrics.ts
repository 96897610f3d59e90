import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Everything that GET /metrics shows, in the Prometheus text format. */
export const metrics = new Registry();

collectDefaultMetrics({ register: metrics });

/** Seconds a request took. `route` is the route's pattern, never the path, so that ids make no series. */
export const httpDuration = new Histogram({
  name: 'rollcall_http_request_duration_seconds',
  help: 'Duration of HTTP requests by route and status.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  registers: [metrics],
});

/** Transactions run again after a deadlock or a serialization failure. */
export const databaseRetries = new Counter({
  name: 'rollcall_database_retries_total',
  help: 'Transactions run again after a deadlock or a serialization failure.',
  registers: [metrics],
});

/** Requests that met a limit. `by` says whose: the request's own, its workspace's, or that of the whole process. */
export const refusals = new Counter({
  name: 'rollcall_refused_total',
  help: 'Requests refused or cut off by a limit, by limit and by whose limit it was.',
  labelNames: ['limit', 'by'],
  registers: [metrics],
});

/** How much is held now of what a limit bounds. */
export interface Held {
  now: number;
}

const holdings = new Map<string, Held>();

/** What is held within the limit of a name, to be counted up and down; all limits of one name count together. */
export function held(limit: string): Held {
  const known = holdings.get(limit) ?? { now: 0 };
  holdings.set(limit, known);
  return known;
}

new Gauge({
  name: 'rollcall_held',
  help: 'What requests hold now, by the limit that bounds it: places, of bodies bytes. 0 when none is under way.',
  labelNames: ['limit'],
  registers: [metrics],
  collect() {
    for (const [limit, { now }] of holdings) this.set({ limit }, now);
  },
});

/**
 * Entries of the provisioning log that were not kept: `full`, too many were waiting; `late`, the database was away for
 * too long; `failed`, the database would not have them.
 */
export const provisioningLogDropped = new Counter({
  name: 'rollcall_provisioning_log_dropped_total',
  help: 'Entries of the provisioning log that were not kept, by reason.',
  labelNames: ['reason'],
  registers: [metrics],
});

/** Entries of the provisioning log that are not written yet. */
export const provisioningLogWaiting = new Gauge({
  name: 'rollcall_provisioning_log_waiting',
  help: 'Entries of the provisioning log that wait to be written.',
  registers: [metrics],
});

/** Seconds for which the oldest of them has waited. */
export const provisioningLogLag = new Gauge({
  name: 'rollcall_provisioning_log_lag_seconds',
  help: 'How long the oldest entry of the provisioning log has waited to be written.',
  registers: [metrics],
});

/** Attempts to hand a mail over; `refused` for good, `failed` for now. */
export const mailsSent = new Counter({
  name: 'rollcall_mail_attempts_total',
  help: 'Attempts to hand a mail over to the mail server.',
  labelNames: ['result'],
  registers: [metrics],
});

/** Connections to the database that were destroyed because an answer did not come in time. */
export const databaseDeadlines = new Counter({
  name: 'rollcall_database_deadlines_total',
  help: 'Connections to the database that were destroyed because an answer did not come in time.',
  registers: [metrics],
});

/** Connections to the database: `idle`, or `busy` while an answer is waited for. */
export const databaseConnections = new Gauge({
  name: 'rollcall_database_connections',
  help: 'Connections to the database by what they do.',
  labelNames: ['state'],
  registers: [metrics],
});
