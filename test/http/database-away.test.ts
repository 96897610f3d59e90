import { expect } from 'chai';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { type Proxy, startProxy } from '../support/proxy.ts';

describe('a database that is away', () => {
  let app: TestApp;
  let proxy: Proxy;

  before(async () => {
    proxy = await startProxy(process.env.DATABASE_URL ?? '');
    app = await startApp({ connect: proxy.urlOf });
  });
  after(async () => {
    await app.stop();
    await proxy.cut();
  });

  const api = () => app.request('GET', '/api/v1/workspace', { token: app.tokens.admin });
  const write = () =>
    app.request('PUT', '/api/v1/roles/viewer', { token: app.tokens.admin, body: { name: 'Away' } });
  const scim = () => app.request('GET', '/scim/v2/Users', { token: app.tokens.scim });
  const ready = () => app.request('GET', '/readyz');

  const isAway = ({ status, headers, body }: Reply<unknown>) => {
    expect(status, JSON.stringify(body)).to.equal(503);
    expect(headers.get('retry-after')).to.match(/^[1-9]\d*$/);
    expect(JSON.stringify(body)).not.to.match(/127\.0\.0\.1|ECONN/);
  };

  it('is 503 with Retry-After, and nothing else; it recovers by itself', async () => {
    for (let round = 0; round < 2; round++) {
      for (const call of [api, write, scim, ready]) expect((await call()).status).to.equal(200);
      await proxy.cut();
      for (let index = 0; index < 4; index++) for (const call of [api, write, scim]) isAway(await call());
      expect((await ready()).status).to.equal(503);
      expect((await app.request('GET', '/healthz')).status).to.equal(200);
      await proxy.mend();
      // Connections that were cut while nobody used them are found dead one by one.
      const begun = Date.now();
      for (let inRow = 0; inRow < 10; inRow++) {
        for (const call of [api, write, scim]) if ((await call()).status !== 200) inRow = 0;
        expect(Date.now() - begun).to.be.below(5000);
      }
    }
  });
});
