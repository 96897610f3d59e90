import { expect } from 'chai';
import { makeCrowd } from '../reviews/crowd.ts';
import { startApp, type TestApp } from '../support/app.ts';

const PEOPLE = 8_000;

describe('exports of who came and went, of very many', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ jobs: null });
    const project = { token: app.tokens.admin, body: { key: 'mobile', name: 'Mobile' } };
    await app.request('POST', '/api/v1/projects', project);
    await makeCrowd(app.core.db, PEOPLE);
  });
  after(() => app.stop());

  for (const file of ['joiners.csv', 'leavers.csv', 'dormant.csv?days=1']) {
    // A minute where it grew with the square; a second as it is.
    it(`${file} costs in proportion to the people`, async function () {
      this.timeout(15_000);
      const { status, body } = await app.request<string>('GET', `/api/v1/exports/${file}`, {
        token: app.tokens.admin,
      });
      expect(status).to.equal(200);
      if (file === 'joiners.csv') expect(body.split('\r\n').length).to.equal(PEOPLE + 2);
    });
  }
});
