import { expect } from 'chai';
import { up } from '../../../migrations/0023_seen_names.ts';
import { startApp, type TestApp } from '../../support/app.ts';

describe('userNames kept before they were prepared', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp({ jobs: null });
  });
  after(() => app.stop());

  it('are prepared where nobody else has the name, told in the audit, and left where somebody has', async () => {
    const ids: Record<string, string> = {};
    for (const userName of [
      'outer@x.io',
      'zero@x.io',
      'clash@x.io',
      'clash-2@x.io',
      'twin-1',
      'twin-2',
      'Per son',
    ]) {
      const { body } = await app.request('POST', '/scim/v2/Users', {
        token: app.tokens.scim,
        body: { userName },
      });
      ids[userName] = String(body.id);
    }
    const rename = (from: string, to: string) =>
      app.core.db.raw('update users set user_name = ? where id = ?', [to, ids[from]!]);
    await rename('outer@x.io', '\u00a0 Outer@x.io\t ');
    await rename('zero@x.io', 'ze\u200bro\u202e@x.io');
    await rename('clash-2@x.io', 'CLASH@x.io ');
    await rename('twin-1', ' twin');
    await rename('twin-2', 'twin\ufeff');
    await app.core.db.transaction(async (tx) => {
      await up(tx);
      // Once more: nothing is left to do.
      await up(tx);
    });
    const { rows } = await app.core.db.raw<{ rows: { id: string; user_name: string; version: number }[] }>(
      'select id, user_name, version::int from users',
    );
    const names = Object.fromEntries(rows.map((row) => [row.id, row.user_name]));
    expect(Object.values(ids).map((id) => names[id])).to.deep.equal([
      'Outer@x.io',
      'zero@x.io',
      'clash@x.io',
      'CLASH@x.io ',
      'twin',
      'twin\ufeff',
      'Per son',
    ]);
    const filter = encodeURIComponent('userName eq " outer@X.io\u200b"');
    const found = await app.request<{ totalResults: number }>('GET', `/scim/v2/Users?filter=${filter}`, {
      token: app.tokens.scim,
    });
    expect(found.body.totalResults).to.equal(1);
    const events = await app.core.db.raw<{ rows: object[] }>(
      `select target_id, before, after from audit_events where actor_name = 'migration' order by target_name`,
    );
    expect(events.rows).to.have.lengthOf(3);
    expect(events.rows[0]).to.deep.equal({
      target_id: ids['outer@x.io'],
      before: { userName: '\u00a0 Outer@x.io\t ' },
      after: { userName: 'Outer@x.io' },
    });
    const verified = await app.request('GET', '/api/v1/audit/verify', { token: app.tokens.admin });
    expect(verified.body).to.include({ ok: true });
  });
});
