import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startJobs } from '../../src/jobs/index.ts';
import { fileMailer } from '../../src/mail/mailer.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeCrowd } from './crowd.ts';
import { type Review, reviewingIn } from './reviewing.ts';

const PEOPLE = 4_000;

describe('a large review that is closed', () => {
  let app: TestApp;
  let we: ReturnType<typeof reviewingIn>;

  before(async function () {
    this.timeout(60_000);
    app = await startApp({ jobs: null });
    we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    await makeCrowd(app.core.db, PEOPLE);
  });
  after(() => app.stop());

  it('is answered before all is applied, and goes on after kill -9, each row once', async function () {
    this.timeout(120_000);
    const { id, rows } = await we.open();
    expect(rows).to.equal(PEOPLE);
    const accepted = await we.call<Review>('POST', `/reviews/${id}/close`, { undecided: 'revoke' });
    expect([accepted.status, accepted.body.status]).to.deep.equal([202, 'closing']);
    const applied = accepted.body.outcomes.revoked!;
    expect(applied).to.be.within(1, PEOPLE - 1);
    expect((await we.call('POST', `/reviews/${id}/cancel`)).status).to.equal(409);

    const file = fileURLToPath(new URL('killed.child.ts', import.meta.url));
    const child = spawn(process.execPath, [file, app.databaseUrl], { stdio: 'ignore' });
    for (let waited = 0; waited < 60_000 && (await we.review(id)).outcomes.revoked === applied; waited += 20)
      await sleep(20);
    child.kill('SIGKILL');
    await once(child, 'close');
    const between = await we.review(id);
    expect(between.outcomes.revoked).to.be.above(applied);

    const jobs = await startJobs(app.core, {
      mailer: fileMailer({ directory: app.mailDirectory }),
      reviewEveryMs: 50,
    });
    while ((await we.review(id)).status === 'closing') await sleep(50);
    await jobs.stop();
    const closed = await we.review(id);
    expect(closed).to.include({ status: 'closed', revoke: PEOPLE });
    expect(closed.outcomes).to.deep.equal({
      kept: 0,
      revoked: PEOPLE,
      task: 0,
      already_ended: 0,
      refused: 0,
    });

    const told = await app.core.db.raw<{ rows: { events: number; left: number; actors: string }[] }>(
      `select (select count(*) from audit_events where related_id = ? and action = 'user.project_role_removed') as events,
         (select count(*) from direct_grants where until = 'infinity' and kind = 'project_role') as left,
         (select string_agg(distinct actor_name, ',') from audit_events where related_id = ?) as actors`,
      [id, id],
    );
    expect(told.rows[0]).to.deep.equal({ events: PEOPLE, left: 0, actors: closed.closedBy });
  });
});
