import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.ts';
import { managedBy } from './managed.ts';

interface Noted {
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: readonly { readonly user: string; readonly reason: string }[];
}

describe('POST /last-access', () => {
  let app: TestApp;
  let admin: ReturnType<typeof managedBy>;
  let product: string;

  before(async () => {
    app = await startApp();
    admin = managedBy(app);
    product = await admin.token('product');
  });
  after(() => app.stop());

  const report = async (...users: readonly { user: string; at: string }[]) => {
    const reply = await admin.call<Noted>('POST', '/last-access', { users }, product);
    expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
    return reply.body;
  };
  const lastAccess = async (id: string) => (await admin.detail(id)).lastAccessAt;
  const DONE = { updated: 1, unchanged: 0, skipped: [] };

  it('takes users by id, userName and email, and writes no audit event', async () => {
    const emails = [{ value: 'mail@x.io', primary: true }];
    const id = await admin.user('ann', { emails });
    await admin.writesNothing(async () => {
      expect(await report({ user: id.toUpperCase(), at: '2020-01-01T10:00:00+02:00' })).to.deep.equal(DONE);
      expect(await lastAccess(id)).to.equal('2020-01-01T08:00:00.000Z');
      expect(await report({ user: 'ANN', at: '2020-01-02T00:00:00Z' })).to.deep.equal(DONE);
      expect(await report({ user: 'Mail@X.io', at: '2020-01-03T00:00:00.123Z' })).to.deep.equal(DONE);
    });
    expect(await lastAccess(id)).to.equal('2020-01-03T00:00:00.123Z');
    const { body } = await app.request<{ meta: { version: string } }>('GET', `/scim/v2/Users/${id}`, {
      token: app.tokens.scim,
    });
    expect(body.meta.version, 'no new version').to.equal('W/"1"');
  });

  it('only moves forward, also within a batch', async () => {
    const id = await admin.user('forward');
    const at = (day: number) => ({ user: 'forward', at: `2021-01-0${day}T00:00:00Z` });
    expect(await report(at(2), at(4), at(3))).to.deep.equal({ updated: 3, unchanged: 0, skipped: [] });
    expect(await lastAccess(id)).to.equal('2021-01-04T00:00:00.000Z');
    expect(await report(at(4), at(1))).to.deep.equal({ updated: 0, unchanged: 2, skipped: [] });
    expect(await lastAccess(id)).to.equal('2021-01-04T00:00:00.000Z');
  });

  it('skips what it can’t use, saying why, and takes the others', async () => {
    const good = await admin.user('good');
    for (const name of ['twin-1', 'twin-2']) {
      await admin.user(name, { emails: [{ value: 'twins@x.io' }] });
    }
    const at = '2022-01-01T00:00:00Z';
    const nobody = randomUUID();
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const noted = await report(
      { user: 'nobody', at },
      { user: nobody, at },
      { user: 'twins@x.io', at },
      { user: 'good', at: inAnHour },
      { user: 'good', at: '0000-01-01T00:00:00Z' },
      { user: 'good', at },
    );
    expect(noted.updated).to.equal(1);
    expect(noted.skipped.map((one) => one.user)).to.deep.equal([
      'nobody',
      nobody,
      'twins@x.io',
      'good',
      'good',
    ]);
    const said = [
      'There is no user',
      'There is no user',
      'Several users',
      'in the future',
      'before the year',
    ];
    noted.skipped.forEach((one, index) => expect(one.reason).to.contain(said[index]!));
    expect(await lastAccess(good)).to.equal('2022-01-01T00:00:00.000Z');
  });

  it('takes a clock that is a little ahead for now', async () => {
    const id = await admin.user('ahead');
    const before = Date.now();
    await report({ user: 'ahead', at: new Date(before + 120_000).toISOString() });
    expect(Date.parse((await lastAccess(id))!)).to.be.within(before - 1_000, Date.now() + 1_000);
  });

  it('takes an address of several for the only one who is not inactive', async () => {
    const emails = [{ value: 'moved@x.io' }];
    const old = await admin.user('moved-old', { emails, active: false });
    const now = await admin.user('moved-new', { emails });
    await report({ user: 'moved@x.io', at: '2022-01-01T00:00:00Z' });
    expect([await lastAccess(old), await lastAccess(now)]).to.deep.equal([null, '2022-01-01T00:00:00.000Z']);
  });

  it('can be asked for as of a past day', async () => {
    await admin.user('history');
    const times = ['2023-03-01T09:00:00Z', '2023-03-01T18:00:00Z', '2023-03-04T12:00:00Z'];
    for (const at of times) await report({ user: 'history', at });
    const asOf = async (time: string) => {
      // The record is older than what is asked for here.
      await app.core.db.raw(`update users set created_at = '2023-01-01', updated_at = '2023-01-01'
        where user_name = 'history'`);
      const { body } = await app.request<string>('GET', `/api/v1/exports/users.jsonl?asOf=${time}`, {
        token: app.tokens.admin,
      });
      const lines = body.trim().split('\n');
      const rows = lines.map((line) => JSON.parse(line) as Record<string, string | null>);
      return rows.find((row) => row['user_name'] === 'history')!['last_access_at'];
    };
    expect(await asOf('2023-02-28T23:59:59Z')).to.equal(null);
    expect(await asOf('2023-03-01T08:59:59Z')).to.equal(null);
    expect(await asOf('2023-03-01T12:00:00Z'), 'the first of the day').to.equal('2023-03-01T09:00:00.000Z');
    expect(await asOf('2023-03-02T00:00:00Z')).to.equal('2023-03-01T18:00:00.000Z');
    expect(await asOf('2023-03-04T11:59:59Z')).to.equal('2023-03-01T18:00:00.000Z');
    expect(await asOf('2023-03-05T00:00:00Z')).to.equal('2023-03-04T12:00:00.000Z');
  });

  it('takes 1,000 at once, and no more', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await admin.user(`batch-${i}`));
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        user: ids[i % 5]!,
        at: new Date(Date.UTC(2024, 0, 1, 0, 0, i)).toISOString(),
      }));
    expect(await report(...many(1000))).to.deep.equal({ updated: 1000, unchanged: 0, skipped: [] });
    expect(await lastAccess(ids[4]!)).to.equal('2024-01-01T00:16:39.000Z');
    await admin.refused('POST', '/last-access', { users: many(1001) }, 400);
    await admin.refused('POST', '/last-access', { users: [] }, 400);
    await admin.refused('POST', '/last-access', { users: [{ user: 'x', at: 'yesterday' }] }, 400);
  });

  it('in batches that meet, in any order, ends with the latest of each', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) ids.push(await admin.user(`meet-${i}`));
    const batch = (second: number) => {
      const users = ids.map((user) => ({
        user,
        at: new Date(Date.UTC(2025, 0, 1, 0, 0, second)).toISOString(),
      }));
      return second % 2 === 0 ? users : users.reverse();
    };
    await Promise.all(Array.from({ length: 20 }, (_, i) => report(...batch(i))));
    for (const id of ids) expect(await lastAccess(id)).to.equal('2025-01-01T00:00:19.000Z');
  });

  it('sees only its own workspace', async () => {
    await admin.user('theirs');
    await app.request('POST', '/api/v1/workspaces', {
      token: app.tokens.operator,
      body: { key: 'other', name: 'Other' },
    });
    const { body } = await app.request<Noted>('POST', '/api/v1/last-access', {
      token: app.tokens.operator,
      headers: { 'X-Workspace': 'other' },
      body: { users: [{ user: 'theirs', at: '2022-01-01T00:00:00Z' }] },
    });
    expect(body.skipped).to.have.length(1);
  });
});
