import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { log } from '../../src/lib/log.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type List, peopleOf } from './people.ts';

type Line = Readonly<Record<string, string>>;

describe('exports', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  after(() => app.stop());

  const file = (path: string, token = app.tokens.admin) =>
    people.call<string>('GET', `/exports/${path}`, undefined, token);
  const lines = async (path: string): Promise<Line[]> => {
    const { status, body } = await file(path);
    expect(status, body).to.equal(200);
    return parse(body, { columns: true, record_delimiter: '\r\n' });
  };
  const events = async (action: string) =>
    (await people.admin<List<{ target: { id: string }; after: unknown }>>('GET', `/audit?action=${action}`))
      .items;

  it('are CSV with the columns of the contract', async () => {
    const ann = await people.user('ann@example.com', {
      displayName: 'Ann "A", Ant',
      externalId: 'x-1',
      roles: people.elements(['mobile:tester']),
      entitlements: people.elements(['testsigma:pro', 'test-management']),
    });
    const { status, headers, body } = await file('users.csv');
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).to.match(
      /^attachment; filename="users-\d{4}-\d\d-\d\d\.csv"$/,
    );
    expect(body.split('\r\n')[0]).to.equal(
      'id,user_name,email,full_name,status,account_role,organization,products,projects,joined_at,last_access_at,' +
        'removed_at,source,external_id',
    );
    expect(body).to.match(/\r\n$/).and.to.contain('"Ann ""A"", Ant"');
    const [line] = await lines('users.csv');
    expect(line).to.deep.include({
      id: ann,
      email: 'ann@example.com',
      account_role: 'member',
      products: 'test-management:standard; testsigma:pro',
      projects: 'mobile:tester',
      organization: '',
      removed_at: '',
      external_id: 'x-1',
    });

    const access = await lines('access.csv');
    expect(Object.keys(access[0]!).join()).to.equal(
      'user_id,user_name,email,status,kind,target,level,via,granted_at,granted_by',
    );
    expect(access.map((one) => [one.kind, one.target, one.level, one.via])).to.deep.equal([
      ['entitlement', 'test-management', 'standard', 'direct'],
      ['entitlement', 'testsigma', 'pro', 'direct'],
      ['project_role', 'mobile', 'tester', 'direct'],
    ]);
  });

  it('are JSON lines with the same names', async () => {
    const { headers, body } = await file('users.jsonl');
    expect(headers.get('content-type')).to.match(/^application\/x-ndjson/);
    expect(body).to.match(/\n$/);
    const [line] = body
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(line).to.include({ user_name: 'ann@example.com', removed_at: null, projects: 'mobile:tester' });
    expect(Object.keys(line!)).to.deep.equal(Object.keys((await lines('users.csv'))[0]!));
    const access = (await file('access.jsonl')).body.trimEnd().split('\n');
    expect(access).to.have.length(3);
  });

  it('are safe to open in a spreadsheet', async () => {
    const names = ['=1+1', '+1', '-1', '@a', '\tx', '\rx', '\nx', '＝1', '＋1', '－1', '＠1'];
    for (const [index, displayName] of names.entries()) {
      await people.user(`formula-${String(index).padStart(2, '0')}`, { displayName: displayName + '!' });
    }
    const found = (await lines('users.csv')).filter((line) => line.user_name!.startsWith('formula'));
    expect(found.map((line) => line.full_name)).to.deep.equal(names.map((name) => `'${name}!`));
    const json = (await file('users.jsonl')).body;
    expect(json).to.contain('"full_name":"=1+1!"');
  });

  it('choose statuses, and answer as it was', async () => {
    const user = await people.user('leaver', { roles: people.elements(['mobile:viewer']) });
    await sleep(10);
    const then = new Date().toISOString();
    await sleep(10);
    await app.request('DELETE', `/scim/v2/Users/${user}`, { token: app.tokens.scim });
    const listed = async (query: string) =>
      (await lines(`users.csv?${query}`)).filter((line) => line.id === user).map((line) => line.status);
    expect(await listed('')).to.deep.equal(['inactive']);
    expect((await lines('users.csv')).at(-1)).to.include({ id: user, projects: '' });
    expect(await listed('status=active')).to.deep.equal([]);
    expect(await listed(`status=active&asOf=${then}`)).to.deep.equal(['active']);
    // Whoever doesn't escape the "+" means it all the same.
    const local = then.replace('Z', '+00:00');
    for (const asOf of [local, encodeURIComponent(local)]) {
      const access = await lines(`access.csv?asOf=${asOf}`);
      expect(access.filter((line) => line.user_id === user).map((line) => line.level)).to.deep.equal([
        'viewer',
      ]);
    }
    const { headers } = await file(`access.csv?asOf=${then}`);
    expect(headers.get('content-disposition')).to.contain(`access-${then.slice(0, 10)}.csv`);
  });

  it('refuse a time that is none or to come, and an unknown status', async () => {
    const future = new Date(Date.now() + 60_000).toISOString();
    for (const query of [
      'asOf=yesterday',
      'asOf=2030-01-01',
      `asOf=${future}`,
      'status=gone',
      'state=active',
    ]) {
      const { status, headers, body } = await people.call('GET', `/exports/users.csv?${query}`);
      expect(status, query).to.equal(400);
      expect(headers.get('content-type')).to.contain('problem+json');
      expect(body.errors, query).to.have.length(1);
    }
    expect((await file(`access.csv?asOf=${future}`)).status).to.equal(400);
  });

  it('are events themselves, and open to auditors', async () => {
    const auditor = await people.token('auditor');
    const before = (await events('export.created')).length;
    const { status, body } = await file('access.jsonl', auditor);
    expect(status).to.equal(200);
    const all = await events('export.created');
    expect(all).to.have.length(before + 1);
    expect(all[0]).to.deep.include({
      target: { kind: 'export', id: 'access.jsonl', name: 'access.jsonl' },
      after: {
        filter: {},
        rows: body.trimEnd().split('\n').length,
        sha256: createHash('sha256').update(body).digest('hex'),
        bytes: Buffer.byteLength(body),
      },
    });
  });

  it('are recorded when they begin, naming the receipt to come', async () => {
    const { headers } = await file('users.csv?status=active');
    const [started] = await events('export.started');
    expect(started).to.deep.include({
      target: { kind: 'export', id: 'users.csv', name: 'users.csv' },
      after: { filter: { status: ['active'] }, receipt: headers.get('export-receipt') },
    });
    const receipts = await people.admin<List<{ id: string }>>('GET', '/exports/receipts');
    expect(receipts.items.map(({ id }) => id)).to.include(headers.get('export-receipt'));
    expect(receipts.items).to.have.length((await events('export.created')).length);
  });

  it('send the hash of the file behind it, and keep a receipt', async () => {
    const sent = request(`${app.url}/api/v1/exports/users.csv?status=active`, {
      headers: { Authorization: `Bearer ${app.tokens.admin}` },
    }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.headers.trailer).to.equal('Repr-Digest');
    const body = Buffer.concat((await response.toArray()) as Buffer[]);
    const hash = createHash('sha256').update(body);
    const sha256 = hash.copy().digest('hex');
    expect(response.trailers['repr-digest']).to.equal(`sha-256=:${hash.digest('base64')}:`);

    const receipt = await people.admin(
      'GET',
      `/exports/receipts/${String(response.headers['export-receipt'])}`,
    );
    expect(receipt).to.deep.include({
      by: 'first admin token',
      file: 'users.csv',
      filter: { status: ['active'] },
      rows: body.toString().trimEnd().split('\r\n').length - 1,
      sha256,
      bytes: body.length,
      whole: true,
    });
    const listed = async (query: string) =>
      (await people.admin<List<{ id: unknown }>>('GET', `/exports/receipts?${query}`)).items;
    expect((await listed(`sha256=${sha256.toUpperCase()}`))[0]).to.deep.equal(receipt);
    expect(await listed(`sha256=${'0'.repeat(64)}`)).to.deep.equal([]);
    expect((await listed('limit=1')).map((one) => one.id)).to.deep.equal([receipt.id]);
    const { status } = await people.call('GET', `/exports/receipts/${app.tokens.admin}`);
    expect(status).to.equal(404);
  });

  it('of the audit have its events in their order, of a time when asked', async () => {
    const all = await lines('audit.csv');
    expect(Object.keys(all[0]!).join()).to.equal(
      'id,at,actor_kind,actor_id,actor_name,actor_scope,request_id,action,target_kind,target_id,target_name,' +
        'related_id,before,after',
    );
    expect(all[0]).to.include({ action: 'workspace.created', actor_kind: 'system' });
    const times = all.map((line) => line.at!);
    expect(times).to.deep.equal([...times].sort());
    const project = all.find((line) => line.action === 'project.created')!;
    expect(JSON.parse(project.after!)).to.include({ key: 'mobile' });
    const some = await lines(`audit.csv?from=${times[2]!}&to=${times.at(-1)!}`);
    expect(some.map((line) => line.id)).to.deep.equal(
      all.filter(({ at }) => at! >= times[2]! && at! < times.at(-1)!).map((line) => line.id),
    );
    const chain = (await file(`audit.jsonl?from=${project.at!}`)).body.trimEnd().split('\n');
    const told = chain.map((line) => (JSON.parse(line) as { event: { id: string } }).event.id);
    expect(told).to.include(project.id!).and.not.to.include(all[0]!.id!);
  });

  describe('of very many', () => {
    before(async function () {
      this.timeout(60_000);
      await app.core.db.raw(
        `insert into users (workspace_id, id, user_name, status, source, managed_by, attributes, active_since,
          created_at, updated_at)
        select id, gen_random_uuid(), 'many-' || n, 'active', 'scim', 'idp',
          jsonb_build_object('displayName', repeat('long name ', 50)), now(), now(), now()
        from workspaces, generate_series(1, 30000) as n where key = 'default'`,
      );
    });

    it('are sent whole', async function () {
      this.timeout(60_000);
      const { body } = await file('users.jsonl?status=active');
      const ids = new Set(
        body
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { id: string }).id),
      );
      expect(ids.size).to.be.above(30_000);
    });

    it('free the connection when the client hangs up, and tell the audit', async () => {
      const cut = (await events('export.interrupted')).length;
      const response = await begun('users.csv');
      expect(await exporting()).to.have.length(1);
      response.destroy();
      await until(async () => (await exporting()).length === 0);
      await until(async () => (await events('export.interrupted')).length === cut + 1);
    });

    it('free the connection when the client hangs up before the first row', async () => {
      const sent = ask('users.csv');
      sent.on('error', () => undefined);
      await until(async () => (await exporting()).length === 1);
      sent.destroy();
      await until(async () => (await exporting()).length === 0);
    });

    it('are cut off and logged when the database fails half-way', async () => {
      const logged: unknown[] = [];
      const { warn } = log;
      log.warn = ((...line: unknown[]) => (logged.push(line), log)) as typeof log.warn;
      try {
        const response = await begun('users.csv');
        const [pid] = await exporting();
        await onDatabase(`select pg_terminate_backend(${pid!})`);
        const failure: unknown = await response
          .resume()
          .toArray()
          .then(
            () => undefined,
            (reason: unknown) => reason,
          );
        expect((failure as { code?: string }).code).to.equal('ECONNRESET');
        expect(response.complete).to.equal(false);
        await until(() => Promise.resolve(logged.length > 0));
      } finally {
        log.warn = warn;
      }
      expect((await file('users.csv?status=inactive')).status).to.equal(200);
    });

    const ask = (path: string) =>
      request(`${app.url}/api/v1/exports/${path}`, {
        headers: { Authorization: `Bearer ${app.tokens.admin}` },
      }).end();

    /** An export of which the first bytes have come and no more are taken. */
    async function begun(path: string): Promise<IncomingMessage> {
      const [response] = (await once(ask(path), 'response')) as [IncomingMessage];
      expect(response.statusCode).to.equal(200);
      await once(response, 'readable');
      response.read();
      return response;
    }

    /** The database's processes that run an export. */
    async function exporting(): Promise<number[]> {
      const found = await onDatabase(
        `select pid from pg_stat_activity where datname = current_database()
          and query ~ '^with\\s+things as materialized' and state <> 'idle'`,
      );
      return found.map((row) => row.pid as number);
    }

    async function onDatabase(query: string): Promise<Record<string, unknown>[]> {
      const client = new pg.Client(app.databaseUrl);
      await client.connect();
      const { rows } = await client.query<Record<string, unknown>>(query).finally(() => client.end());
      return rows;
    }

    async function until(isSo: () => Promise<boolean>): Promise<void> {
      for (let waited = 0; waited < 10_000; waited += 20) {
        if (await isSo()) return;
        await sleep(20);
      }
      throw new Error('It did not come to that in 10 s.');
    }
  });
});
