import { expect } from 'chai';
import { ODD_TIMES } from '../hostile/odd.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Made, prepare } from './cases.ts';

/** Times where JavaScript, PostgreSQL and calendars differ or end: refused, never a 500. All values: test/hostile. */
describe('odd times', () => {
  let app: TestApp;
  let made: Made;
  before(async () => {
    app = await startApp({ jobs: null });
    made = await prepare(app);
    await made.admin('POST', '/tokens', { name: 'Second', scope: 'scim' });
  });
  after(() => app.stop());

  const TAKEN =
    /^(?:0001-01-01T00:00:00Z|9999-12-31T23:59:59.999Z|2026-01-01T\S*[+-](?:15:00|23:59)|\S*\d{18}Z)$/;

  for (const path of ['/audit', '/scim-requests', '/exports/receipts', '/tokens?sort=createdAt']) {
    it(`in the cursor of ${path}`, async () => {
      for (const time of ODD_TIMES) {
        const place = path.startsWith('/tokens')
          ? { sort: 'createdAt', value: time, id: made.user }
          : { at: time, id: made.user };
        const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
        const { status, body } = await made.admin(
          'GET',
          `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`,
        );
        expect(status, `${time}: ${JSON.stringify(body)}`).to.be.oneOf([200, 400]);
        if (!/^\d{4}-\d\d-\d\d[T ][\d:.]+(Z|\+00)$/.test(time)) expect(status, time).to.equal(400);
      }
    });
  }

  for (const path of [
    '/access?user=cases@example.com&asOf=',
    '/users?asOf=',
    '/exports/access.csv?asOf=',
    '/audit?from=',
    '/audit?to=',
    '/exports/audit.csv?from=',
    '/exports/leavers.csv?to=',
  ]) {
    it(`in ${path}`, async () => {
      for (const time of ODD_TIMES) {
        const { status, body } = await made.admin('GET', `${path}${encodeURIComponent(time)}`);
        expect(status, `${time}: ${JSON.stringify(body)}`).to.be.oneOf([200, 400, 404]);
        if (!TAKEN.test(time)) expect(status, time).to.equal(400);
      }
    });
  }

  it('in bodies', async () => {
    for (const time of ODD_TIMES) {
      const statuses = [
        await made.admin('POST', '/tokens', { name: 'Odd', scope: 'scim', expiresAt: time }),
        await made.admin('POST', '/reviews', { name: 'Odd', dueAt: time }),
        await made.admin('POST', '/last-access', { users: [{ user: made.user, at: time }] }),
      ].map(({ status }) => status);
      for (const status of statuses) expect(status, time).to.be.below(500);
    }
  });
});
