import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import pg from 'pg';
import { requestsTo } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, startProcess } from '../support/process.ts';

const TOKENS = { scim: 's'.repeat(40), admin: 'a'.repeat(40), operator: 'o'.repeat(40) };
/** Megabytes of the process beyond which it would have been noticed. */
const MOST_RESIDENT = 350;
const USERS = 500;
const CHARACTERS = 260_000;
const MEMBERS = 100_000;

describe('large pages and large groups, in a process of little memory', function () {
  this.timeout(180_000);
  let database: TestDatabase;
  let client: pg.Client;
  let server: ServerProcess;
  let groupId: string;

  before(async () => {
    database = await createDatabase();
    client = new pg.Client(database.url);
    await client.connect();
    server = await startProcess({
      DATABASE_URL: database.url,
      SECRET_KEY: 'k'.repeat(32),
      SCIM_TOKEN: TOKENS.scim,
      ADMIN_TOKEN: TOKENS.admin,
      OPERATOR_TOKEN: TOKENS.operator,
      RATE_LIMIT_PER_SECOND: '0',
      NODE_OPTIONS: '--max-old-space-size=256',
    });
    await server.listening;
    const found = await client.query<{ id: string }>(`select id from workspaces where key = 'default'`);
    const workspaceId = found.rows[0]!.id;
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at,
          attributes)
        select $1, gen_random_uuid(), 'large' || n || '@example.org', 'active', 'scim', 'idp', now(), now(), now(),
          jsonb_build_object('title', repeat(md5(n::text), $3 / 32))
        from generate_series(1, $2) n`,
      [workspaceId, USERS, CHARACTERS],
    );
    await client.query(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at)
        select $1, gen_random_uuid(), 'small' || n || '@example.org', 'active', 'scim', 'idp', now(), now(), now()
        from generate_series(1, $2) n`,
      [workspaceId, MEMBERS],
    );
    const groups = await client.query<{ id: string }>(
      `insert into groups (workspace_id, id, display_name, source, created_at, updated_at)
        select $1, gen_random_uuid(), 'Everybody ' || n, 'scim', now(), now() from generate_series(1, 3) n returning id`,
      [workspaceId],
    );
    groupId = groups.rows[0]!.id;
    await client.query(
      `insert into memberships (workspace_id, group_id, user_id, since, since_event)
        select u.workspace_id, g.id, u.id, now(), gen_random_uuid() from users u, unnest($2::uuid[]) g(id)
        where u.workspace_id = $1`,
      [workspaceId, groups.rows.map((row) => row.id)],
    );
    await client.query('analyze');
  });
  after(async () => {
    server.signal('SIGKILL');
    await server.ended;
    await client.end();
    await database.drop();
  });

  /** The most memory that the process has had, in megabytes. */
  async function peak(): Promise<number> {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  const get = <Body>(path: string) =>
    requestsTo(server.url)<Body>('GET', `/scim/v2${path}`, { token: TOKENS.scim });

  /** Asks without keeping what comes; answers the status and the bytes. */
  async function measure(path: string): Promise<{ status: number; bytes: number }> {
    const response = await fetch(`${server.url}/scim/v2${path}`, {
      headers: { Authorization: `Bearer ${TOKENS.scim}` },
    });
    let bytes = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
    return { status: response.status, bytes };
  }

  const tenTimes = (path: string) => Promise.all(Array.from({ length: 10 }, () => measure(path)));

  it('ten clients ask for the largest page of users', async () => {
    const answers = await tenTimes('/Users?count=500&filter=userName%20sw%20%22large%22');
    for (const { status, bytes } of answers) {
      expect(status).to.equal(200);
      expect(bytes).to.be.within(2_000_000, 4_500_000);
    }
    expect(await peak()).to.be.below(MOST_RESIDENT);
  });

  it('ten clients read a group of 100,000 members, and get all of them', async () => {
    const answers = await tenTimes(`/Groups/${groupId}`);
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    expect(new Set(answers.map(({ bytes }) => bytes)).size).to.equal(1);
    const { body } = await get<{ members: { value: string }[] }>(`/Groups/${groupId}`);
    expect(new Set(body.members.map(({ value }) => value)).size).to.equal(MEMBERS + USERS);
    expect(await peak()).to.be.below(MOST_RESIDENT);
  });

  it('a list of such groups ends after the first', async () => {
    const { body } = await get<{ totalResults: number; itemsPerPage: number }>('/Groups?count=500');
    expect(body).to.include({ totalResults: 3, itemsPerPage: 1 });
  });

  it('clients that do not read what they asked for hold little, and nobody else up', async () => {
    const { hostname, port } = new URL(server.url);
    const sockets = Array.from({ length: 30 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(
        `GET /scim/v2/Groups/${groupId} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKENS.scim}\r\n\r\n`,
      );
      socket.pause();
      return socket;
    });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const began = Date.now();
    expect((await get('/Users?count=1')).status).to.equal(200);
    expect(Date.now() - began).to.be.below(3_000);
    for (const socket of sockets) socket.destroy();
    expect(await peak()).to.be.below(MOST_RESIDENT);
    const again = await measure(`/Groups/${groupId}`);
    expect(again.status).to.equal(200);
  });
});
