import { randomUUID } from 'node:crypto';
import { openDb } from '../../../src/store/db/pool.ts';
import { setting } from './setting.ts';

interface BareUser {
  readonly id: string;
  readonly user_name: string;
  readonly body: unknown;
}

const GROUP = `select json_build_object('id', g.id, 'displayName', g.display_name, 'members', (
    select json_agg(json_build_object('value', m.user_id, 'display', u.full_name, 'type', 'User') order by m.user_id)
    from memberships m join users u on u.workspace_id = m.workspace_id and u.id = m.user_id
    where m.workspace_id = g.workspace_id and m.group_id = g.id and m.until = 'infinity'))::text as text
  from groups g where g.id = ?`;

/** The least that a store of users can be, over the pool and driver that Rollcall uses. */
export function openBare(): {
  readonly port: number;
  readonly find: (id: string) => Promise<BareUser | undefined>;
  readonly insert: (body: unknown) => Promise<BareUser>;
  /** A group with its members, as the JSON text that SCIM shows. */
  readonly group: (id: string) => Promise<string | undefined>;
} {
  const db = openDb({ url: setting('DATABASE_URL'), poolSize: 10 });
  const one = async (query: string, values: readonly string[]): Promise<BareUser | undefined> =>
    (await db.raw<{ rows: BareUser[] }>(query, values)).rows[0];
  return {
    port: Number(setting('PORT')),
    find: (id) => one('select id, user_name, body from bench.bare_users where id = ?', [id]),
    insert: async (body) => {
      const { userName } = body as { userName: string };
      const inserted = await one(
        'insert into bench.bare_users (id, user_name, body) values (?, ?, ?) returning id, user_name, body',
        [randomUUID(), userName, JSON.stringify(body)],
      );
      return inserted as BareUser;
    },
    group: async (id) => {
      const { rows } = await db.raw<{ rows: { text: string }[] }>(GROUP, [id]);
      return rows[0]?.text;
    },
  };
}
