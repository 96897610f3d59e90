import { expect } from 'chai';
import { createWriteBudget, createWriteMeter } from '../../src/core/context/write-budget.ts';
import { RollcallError } from '../../src/lib/errors.ts';
import { newId, type WorkspaceId } from '../../src/lib/ids.ts';
import { noise } from '../core/users/large-steps.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('the budget for writing', () => {
  const [one, other] = [newId<WorkspaceId>(), newId<WorkspaceId>()];
  const MEBIBYTE = 1024 * 1024;

  it('lets a rested workspace write its burst, then as much as time pays for, and others as before', () => {
    let now = 0;
    const budget = createWriteBudget(102.4, () => now);
    budget.charge(one, 64 * MEBIBYTE);
    expect(() => budget.admit(one)).to.not.throw();
    budget.charge(one, 4 * MEBIBYTE);
    expect(() => budget.admit(one))
      .to.throw(RollcallError)
      .that.includes({ kind: 'rate_limited', retryAfter: 2 });
    expect(() => budget.admit(other)).to.not.throw();
    now += 2_000;
    expect(() => budget.admit(one)).to.not.throw();
    now += 60_000;
    budget.charge(one, 64 * MEBIBYTE);
    expect(() => budget.admit(one)).to.not.throw();
  });

  it('is never met by a first sync: users of 2 KB at the rate that requests have', () => {
    let now = 0;
    const budget = createWriteBudget(100, () => now);
    for (let user = 0; user < 100_000; user += 1) {
      budget.admit(one);
      // The row, the event that tells of it, and what comes with an event.
      budget.charge(one, 2_048 + 2_048 + 1_200);
      now += 10;
    }
  });

  it('has no limit where requests have none', () => {
    const budget = createWriteBudget(0);
    budget.charge(one, Number.MAX_SAFE_INTEGER);
    expect(() => budget.admit(one)).to.not.throw();
    const meter = createWriteMeter(budget);
    meter.charge(one, 7);
    expect(meter.written()).to.equal(7);
  });

  describe('over HTTP', () => {
    let app: TestApp;

    before(async () => {
      app = await startApp({ rateLimitPerSecond: 5, jobs: null });
    });
    after(() => app.stop());

    it('is charged what PATCHes write, and answers 429 in SCIM and the API; reading goes on', async () => {
      const photos = [1, 2, 3].map((n) => ({ value: noise(n, 60_000), type: `${n}` }));
      const scim = (method: string, path: string, body?: unknown) =>
        app.request<{ id: string; Operations: { status: string }[] }>(method, `/scim/v2${path}`, {
          token: app.tokens.scim,
          body,
        });
      const { body: user } = await scim('POST', '/Users', { userName: 'big', photos });
      const operations = Array.from({ length: 40 }, (_, n) => ({
        method: 'PATCH',
        path: `/Users/${user.id}`,
        data: { Operations: [{ op: 'replace', path: 'photos[type eq "1"].display', value: `${n}` }] },
      }));
      const { body } = await scim('POST', '/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: operations,
      });
      const statuses = body.Operations.map(({ status }) => status);
      // 3.3 MB at once, and some more while it goes on, in changes of 180 KB.
      const done = statuses.filter((status) => status === '200').length;
      expect(done).to.be.within(17, 30);
      expect(statuses.slice(done).every((status) => status === '429')).to.equal(true);

      const refused = await scim('DELETE', `/Users/${user.id}`);
      expect(refused.status).to.equal(429);
      expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 10);
      const token = app.tokens.admin;
      const project = { token, body: { key: 'a', name: 'A' } };
      expect((await app.request('POST', '/api/v1/projects', project)).status).to.equal(429);
      expect((await app.request('GET', `/api/v1/users/${user.id}`, { token })).status).to.equal(200);
      expect((await app.request('GET', '/api/v1/exports/users.csv', { token })).status).to.equal(200);
      const metrics = await app.request<string>('GET', '/metrics');
      expect(metrics.body).to.match(/rollcall_refused_total\{limit="written bytes",by="workspace"\} [1-9]/);
    });
  });
});
