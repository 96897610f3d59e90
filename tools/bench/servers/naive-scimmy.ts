import express from 'express';
import { randomUUID } from 'node:crypto';
import SCIMMY from 'scimmy';
import { SCIMMYRouters } from 'scimmy-routers';
import { openDb } from '../../../src/store/db/pool.ts';
import { setting } from './setting.ts';

/** The server that scimmy's documentation leads to: handlers that give it every user, and let it filter and page. */
const db = openDb({ url: setting('DATABASE_URL'), poolSize: 10 });

interface NaiveUser {
  readonly id: string;
  readonly body: Record<string, unknown>;
}

// What handlers give is taken as it is; its type asks for more than the documentation does.
const users = async (query: string, values: readonly string[]): Promise<never[]> => {
  const { rows } = await db.raw<{ rows: NaiveUser[] }>(query, values);
  return rows.map(({ id, body }) => ({ ...body, id }) as never);
};

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .egress(async (resource) => {
    if (resource.id === undefined) return users('select id, body from bench.naive_users', []);
    return users('select id, body from bench.naive_users where id = ?', [resource.id]);
  })
  .ingress(async (resource, data) => {
    const [written] = await users(
      `insert into bench.naive_users (id, body) values (?, ?)
        on conflict (id) do update set body = excluded.body returning id, body`,
      [resource.id ?? randomUUID(), JSON.stringify(data)],
    );
    return written as never;
  })
  .degress(async (resource) => {
    await db.raw('delete from bench.naive_users where id = ?', [resource.id ?? '']);
  });

const app = express();
app.use((req, _res, next) => {
  // Without this, Express 5 loses the page that was asked for, and the first 20 are answered.
  const query = { ...req.query };
  Object.defineProperty(req, 'query', { get: () => query, configurable: true });
  next();
});
app.use('/scim/v2', new SCIMMYRouters({ type: 'bearer', handler: () => 'naive' }));
app.listen(Number(setting('PORT')), '127.0.0.1');
