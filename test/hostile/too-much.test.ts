import { expect } from 'chai';
import pg from 'pg';
import { startApp, type TestApp } from '../support/app.ts';

describe('a question that takes too long', () => {
  let app: TestApp;
  let other: pg.Client;

  before(async () => {
    app = await startApp({ jobs: null });
    other = new pg.Client(app.databaseUrl);
    await other.connect();
    // Nothing is read of users meanwhile: as good as a question that takes minutes to work out.
    await other.query('begin; lock table users in access exclusive mode');
  });
  after(async () => {
    await other.end();
    await app.stop();
  });

  it('is told to be asked in a narrower way, by each edge in its words, and nothing of it goes on', async () => {
    const begun = Date.now();
    const [scim, api] = await Promise.all([
      app.request('GET', '/scim/v2/Users?filter=title%20co%20%22x%22', { token: app.tokens.scim }),
      app.request('GET', '/api/v1/users?search=x', { token: app.tokens.admin }),
    ]);
    expect(scim.status).to.equal(400);
    expect(scim.body).to.include({ status: '400', scimType: 'tooMany' });
    expect(api.status).to.equal(400);
    expect(api.body).to.include({ type: 'urn:rollcall:problem:too_much' });
    expect(Date.now() - begun).to.be.below(40_000);
    const { rows } = await other.query(
      `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and query not like '%provisioning_requests%'`,
    );
    expect(rows).to.deep.equal([]);
  });
});
