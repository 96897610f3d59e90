import { expect } from 'chai';
import type { Route } from '../../src/api/route.ts';
import { routes } from '../../src/api/routes/index.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { CASES, type Made, prepare, tokensOf } from './cases.ts';

const isReading = (route: Route) => route.method === 'get' || route.readsOnly === true;
const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;

/** Readings that are no auditor's: a link by which its holder joins, and what lies above workspaces. */
const OTHERS = ['GET /invitations/{id}/link', 'GET /workspaces'];

describe('an auditor’s token', () => {
  let app: TestApp;
  let made: Made;
  let token: string;

  before(async () => {
    // Nothing happens in the background that the auditor could be blamed for.
    app = await startApp({ jobs: null });
    token = (await tokensOf(app)).get('auditor')!;
    made = await prepare(app);
  });
  after(() => app.stop());

  /** All that the database holds, a text for each row by table; but for when tokens were used. */
  async function everything(): Promise<ReadonlyMap<string, readonly string[]>> {
    // Else written a second later.
    await app.provisioningLog.flush();
    const { db } = app.core;
    const tables: { rows: { name: string }[] } = await db.raw(
      `select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
    );
    const held = new Map<string, readonly string[]>();
    for (const { name } of tables.rows) {
      const { rows }: { rows: { row: string }[] } = await db.raw(
        `select (to_jsonb(t) - 'last_used_at')::text as row from ?? t order by 1`,
        [name],
      );
      held.set(
        name,
        rows.map((one) => one.row),
      );
    }
    return held;
  }

  /** The rows that are there now and were not, by table; no row may be gone. */
  function added(before: ReadonlyMap<string, readonly string[]>, after: typeof before) {
    const more = new Map<string, readonly string[]>();
    for (const [table, rows] of after) {
      const was = new Set(before.get(table));
      const fresh = rows.filter((row) => !was.has(row));
      expect(rows.length - fresh.length, `${table} lost nothing`).to.equal(was.size);
      if (fresh.length > 0) more.set(table, fresh);
    }
    return more;
  }

  async function call(route: Route) {
    const one = CASES[nameOf(route)];
    if (!one) throw new Error(`${nameOf(route)} has no case in test/api/cases.ts.`);
    const path = (await one.path?.(made)) ?? route.path;
    const body = await one.body?.(made);
    const before = await everything();
    const reply = await app.request(route.method.toUpperCase(), `/api/v1${path}`, {
      token,
      ...(body ? { body } : {}),
    });
    return { reply, more: added(before, await everything()) };
  }

  it('may call what reads, but for what hands out more than is read, and nothing else', () => {
    const refused = routes.filter((route) => isReading(route) !== route.scopes.includes('auditor'));
    expect(refused.map(nameOf)).to.have.members(OTHERS);
  });

  for (const route of routes.filter((one) => isReading(one) && !OTHERS.includes(nameOf(one)))) {
    it(`reads by ${nameOf(route)}`, async () => {
      const { reply, more } = await call(route);
      expect(reply.status, JSON.stringify(reply.body)).to.be.oneOf(route.statuses);
      const isExport = reply.headers.has('export-receipt');
      expect([...more.keys()]).to.have.members(isExport ? ['audit_events', 'audit_unsealed'] : []);
      const events = (more.get('audit_events') ?? []).map((event) => JSON.parse(event) as object);
      for (const event of events) expect(event).to.include({ actor_name: 'auditor' });
      expect(events.map((event) => (event as { action: string }).action)).to.have.members(
        isExport ? ['export.started', 'export.created'] : [],
      );
    });
  }

  for (const route of routes.filter((one) => !isReading(one) || OTHERS.includes(nameOf(one)))) {
    it(`is refused by ${nameOf(route)}, and nothing is changed`, async () => {
      const { reply, more } = await call(route);
      expect(reply.status, JSON.stringify(reply.body)).to.equal(403);
      expect([...more.keys()]).to.deep.equal([]);
    });
  }

  it('is refused by SCIM, for reading too', async () => {
    const before = await everything();
    const users = '/scim/v2/Users';
    for (const [method, path] of [
      ['GET', users],
      ['GET', `${users}/${made.user}`],
      ['POST', users],
      ['DELETE', `${users}/${made.user}`],
      ['GET', '/scim/v2/Groups'],
    ] as const) {
      const body = method === 'POST' ? { userName: 'new@example.com' } : undefined;
      expect((await app.request(method, path, { token, body })).status, `${method} ${path}`).to.equal(403);
    }
    expect([...added(before, await everything()).keys()]).to.deep.equal([]);
  });
});
