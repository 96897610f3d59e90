import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newWorkspace, type TestWorkspace } from '../scim/http/client.ts';
import { startApp, type TestApp } from '../support/app.ts';

/** Lookups of a workspace in which a value that identity providers look up by is had by everybody. */
describe('lookups of what everybody has', function () {
  this.timeout(240_000);
  let app: TestApp;
  let hostile: TestWorkspace;
  let quiet: TestWorkspace;

  before(async () => {
    app = await startApp({ jobs: null });
    hostile = await newWorkspace(app);
    quiet = await newWorkspace(app);
    const client = new pg.Client(app.databaseUrl);
    await client.connect();
    await client.query(
      `insert into users (workspace_id, id, user_name, external_id, status, source, managed_by, active_since,
          joined_at, created_at, updated_at, attributes)
        select $1, gen_random_uuid(), 'U' || n, 'same', 'active', 'scim', 'idp', now(), now(), now(), now(),
          jsonb_build_object('emails', jsonb_build_array(jsonb_build_object('value', md5(n::text) || '@example.org')))
        from generate_series(1, 60000) n`,
      [hostile.id],
    );
    await client.query('analyze users');
    await client.end();
  });
  after(() => app.stop());

  for (const query of ['count=4&sortBy=emails.value', 'count=4', 'count=4&sortBy=userName']) {
    it(`hold up no other workspace (${query})`, async () => {
      const path = `/Users?${query}&filter=${encodeURIComponent('externalId eq "same"')}`;
      let isOver = false;
      const attack = Array.from({ length: 120 }, async () => {
        while (!isOver) await hostile.scim('GET', path);
      });
      const met: string[] = [];
      try {
        await sleep(1_500);
        const until = Date.now() + 8_000;
        while (Date.now() < until) {
          const begun = performance.now();
          const { status } = await quiet.scim('GET', '/Users?count=1');
          const ms = Math.round(performance.now() - begun);
          if (status !== 200 || ms > 1_500) met.push(`${status} after ${ms} ms`);
          await sleep(100);
        }
      } finally {
        isOver = true;
        await Promise.all(attack);
      }
      expect(met).to.deep.equal([]);
    });
  }
});
