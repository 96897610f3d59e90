import { expect } from 'chai';
import { failed, jsonReport, textReport } from '../../tools/conformance/report.ts';
import { requirements } from '../../tools/conformance/requirements/index.ts';
import { run, type Run } from '../../tools/conformance/runner.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('The conformance tester, on our own server', function () {
  this.timeout(180_000);
  let app: TestApp;
  let done: Run;

  before(async () => {
    app = await startApp();
    const target = { base: `${app.url}/scim/v2`, token: app.tokens.scim };
    done = await run({ ...target, requirements, concurrency: 8 });
  });

  after(() => app.stop());

  it('finds no MUST and no SHOULD that fails', () => {
    const failures = [...failed(done, 'MUST'), ...failed(done, 'SHOULD')];
    expect(failures, textReport(done)).to.have.lengthOf(0);
  });

  it('has run at least 150 requirements of the three RFCs', () => {
    const ran = done.results.filter(({ outcome }) => outcome !== 'skip');
    expect(ran.length).to.be.at.least(150);
    expect(new Set(ran.map(({ requirement }) => requirement.id.slice(0, 4)))).to.deep.equal(
      new Set(['7643', '7644', '9865']),
    );
  });

  it('skips only what a server may leave out', () => {
    const skipped = done.results.filter(({ outcome }) => outcome === 'skip');
    expect(skipped.map(({ requirement }) => requirement.id)).to.have.members([
      '7643-3.1-17', // Content-Location is optional.
      '7643-3.3-03', // No extension is required.
      '7644-3.11-02', // /Me is 501.
    ]);
  });

  it('leaves nothing behind', async () => {
    expect(done.left).to.deep.equal([]);
    for (const endpoint of ['Users', 'Groups']) {
      const reply = await app.request('GET', `/scim/v2/${endpoint}?count=0`, { token: app.tokens.scim });
      expect(reply.body).to.have.property('totalResults', 0);
    }
  });

  it('tells no token and no password', () => {
    for (const report of [textReport(done), jsonReport(done)]) {
      expect(report).not.to.contain(app.tokens.scim);
      expect(report).not.to.contain('Tr0ub4dor');
    }
  });

  it('numbers each requirement once', () => {
    expect(new Set(requirements.map(({ id }) => id)).size).to.equal(requirements.length);
  });
});
