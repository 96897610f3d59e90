import sql from 'sql-template-tag';
import type { Db } from '../../src/store/db/pool.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../src/store/db/scope.ts';
import type { Tenant } from './cases.ts';
import type { Send } from './client.ts';
import type { Running } from './processes.ts';

/** A measurement that is no ratio: what was found, and whether it is what is promised. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  readonly promised?: string;
  readonly isMet?: boolean;
}

/** Reads an export whole, and watches the server's memory meanwhile. */
export async function exported(
  server: Running,
  send: Send,
  { adminToken }: Tenant,
  file: string,
  mostSeconds: number,
): Promise<Finding[]> {
  const most = 64 * 1_048_576;
  const call = { method: 'GET', path: `/api/v1/exports/${file}`, token: adminToken, status: 200 } as const;
  // Once before, so that what is compiled and cached is not taken for growth.
  await send({ ...call, path: '/api/v1/exports/users.csv?status=pending' }, { discard: true });
  const before = await server.memory();
  let peak = before;
  const watch = setInterval(() => void server.memory().then((now) => (peak = Math.max(peak, now))), 50);
  const { milliseconds } = await send(call, { discard: true });
  clearInterval(watch);
  const seconds = milliseconds / 1000;
  return [
    {
      name: `${file} of everybody`,
      value: `${seconds.toFixed(1)} s`,
      promised: `under ${mostSeconds} s`,
      isMet: seconds < mostSeconds,
    },
    {
      name: `${file}: growth of memory`,
      value: `${((peak - before) / 1_048_576).toFixed(0)} MiB`,
      promised: 'under 64 MiB',
      isMet: peak - before < most,
    },
  ];
}

/** Sixteen write to one group at once: nobody waits for ever, nothing fails, nothing is lost. */
export async function sixteenWriters(send: Send, { scimToken, directory }: Tenant): Promise<Finding> {
  const created = await send({
    method: 'POST',
    path: '/scim/v2/Groups',
    body: {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: `Sixteen ${Date.now()}`,
    },
    token: scimToken,
    status: 201,
  });
  const path = `/scim/v2/Groups/${(JSON.parse(created.text) as { id: string }).id}`;
  const ids = directory.sample.map(({ id }) => id);
  let next = 0;
  const begun = performance.now();
  const writer = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const Operations = [{ op: 'add', path: 'members', value: [{ value: id }] }];
      const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations };
      await send({ method: 'PATCH', path, body, token: scimToken, status: 204 });
    }
  };
  await Promise.all(Array.from({ length: 16 }, writer));
  const perSecond = ids.length / ((performance.now() - begun) / 1000);
  const { text } = await send({ method: 'GET', path, token: scimToken, status: 200 });
  const kept = new Set(
    (JSON.parse(text) as { members: { value: string }[] }).members.map((one) => one.value),
  );
  const lost = ids.filter((id) => !kept.has(id)).length;
  return {
    name: '16 writers on one group',
    value: `${perSecond.toFixed(0)} a second, ${lost} lost, no error`,
    promised: 'no error, no lost change',
    isMet: lost === 0,
  };
}

/** Walks to the last page of 200 users; gives its cursor. */
export async function lastCursor(send: Send, { scimToken: token }: Tenant): Promise<string> {
  let cursor = '';
  for (;;) {
    const path = `/scim/v2/Users?count=200&cursor=${encodeURIComponent(cursor)}&attributes=userName`;
    const { text } = await send({ method: 'GET', path, token, status: 200 });
    const { nextCursor } = JSON.parse(text) as { nextCursor?: string };
    if (nextCursor === undefined) return cursor;
    cursor = nextCursor;
  }
}

/** What a timer of Node's histogram waits for: it is in the delays that are told. Both have prom-client's. */
const RESOLUTION_MS = 10;
const MOST_HELD_UP_MS = 50;

/**
 * The longest that the event loop of the server was held up since this was last asked. It is told by the clock, so a
 * core that others have counts too; what a process that does nothing was held up meanwhile says how much that is.
 */
export async function heldUp(where: string, send: Send, idle: Send): Promise<Finding> {
  const [server, beside] = await Promise.all([
    send({ method: 'GET', path: '/metrics', status: 200 }),
    idle({ method: 'GET', path: '/', status: 200 }),
  ]);
  const told = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(server.text)?.[1];
  const longest = Number(told) * 1000 - RESOLUTION_MS;
  const machine = Number(beside.text) / 1e6 - RESOLUTION_MS;
  return {
    name: `longest hold-up of the event loop in: ${where}`,
    value: `${longest.toFixed(0)} ms (${machine.toFixed(0)} ms in a process that does nothing)`,
    promised: `at most ${MOST_HELD_UP_MS} ms`,
    isMet: longest <= MOST_HELD_UP_MS,
  };
}

/** What the database takes on the disk: the whole, and its largest tables with their indexes. */
export async function sizesOf(db: Db): Promise<Finding[]> {
  const found = await rows<{ name: string; rows: number; table_size: string; index_size: string }>(
    acrossWorkspaces(db),
    sql`select relname as name, reltuples::bigint as rows, pg_size_pretty(pg_table_size(oid)) as table_size,
        pg_size_pretty(pg_indexes_size(oid)) as index_size
      from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_total_relation_size(oid) > 1048576
      order by pg_total_relation_size(oid) desc limit 10`,
  );
  const [whole] = await rows<{ size: string }>(
    acrossWorkspaces(db),
    sql`select pg_size_pretty(pg_database_size(current_database())) as size`,
  );
  return [
    { name: 'size of the database', value: whole?.size ?? '' },
    ...found.map((one) => ({
      name: `size of ${one.name}`,
      value: `${one.rows} rows, ${one.table_size}, indexes ${one.index_size}`,
    })),
  ];
}
