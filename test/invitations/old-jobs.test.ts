import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobQueue } from '../../src/core/context/core.ts';
import { startJobs } from '../../src/jobs/index.ts';
import { smtpMailer } from '../../src/mail/mailer.ts';
import { closeJobQueue, openJobQueue } from '../../src/store/db/job-queue.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { fetchMailJobs } from '../support/jobs.ts';
import { type MailServer, startMailServer } from './mail-server.ts';
import { adminOf } from './people.ts';

describe('a database whose jobs pg-boss 10 kept', () => {
  let app: TestApp;
  let mail: MailServer;

  before(async () => {
    mail = await startMailServer();
    app = await startApp({ jobs: null });
    const { db } = app.core;
    await db.raw(await readFile(new URL('pg-boss-10.sql', import.meta.url), 'utf8'));
    await db.raw(`select rollcall_jobs.create_queue('invitation-mail', '{"retryLimit":100}')`);
  });
  after(async () => {
    await app.stop();
    await mail.stop();
  });

  it('loses no mail that waits, sends none twice, and has the old tables no more', async function () {
    this.timeout(30_000);
    const { db } = app.core;
    const admin = adminOf(app);
    const names = ['waiting', 'trying', 'later', 'sent', 'failed', 'sending', 'revoked'];
    const { invited } = await admin.invite({ emails: names.map((name) => `${name}@x.io`) });
    const idOf = (name: string) => invited.find(({ email }) => email === `${name}@x.io`)!.id;
    // They wait where that version put them.
    await db.raw(
      `insert into rollcall_jobs.job (name, data)
       select 'invitation-mail', jsonb_build_object('workspaceId', workspace_id, 'invitationId', id, 'send', send)
       from invitations`,
    );
    await jobQueue(app.core).boss.deleteAllJobs('invitation-mail');
    const write = (name: string, changes: string) =>
      db.raw(`update invitations i set ${changes} where id = ?`, [idOf(name)]);
    await write('trying', 'delivery_attempts = 1, delivery_next_at = null');
    await write('later', "delivery_attempts = 3, delivery_next_at = now() + interval '1 hour'");
    await write('sent', "delivery = 'sent', delivered_at = now()");
    await write('failed', "delivery = 'failed'");
    await write('sending', "delivery = 'sending'");
    await admin.ok('POST', '/invitations/revoke', { ids: [idOf('revoked')] });

    const mailer = smtpMailer({ smtpUrl: mail.url, from: 'Rollcall <rollcall@example.com>' });
    const instances = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const own = openDb({ url: app.databaseUrl, poolSize: 4 });
        const queue = await openJobQueue(own);
        const core = { ...app.core, db: own, jobs: queue };
        return { own, queue, jobs: await startJobs(core, { mailer, pollSeconds: 0.5 }) };
      }),
    );
    const deliveryOf = async (name: string) => (await admin.invitation(idOf(name))).delivery.status;
    for (const name of ['waiting', 'trying', 'revoked']) {
      while ((await deliveryOf(name)) === 'queued') await sleep(50);
    }
    await sleep(1_000);
    for (const { own, queue, jobs } of instances) {
      await jobs.stop();
      await closeJobQueue(queue);
      await own.destroy();
    }

    expect(mail.received.flatMap(({ to }) => to).sort()).to.deep.equal(['trying@x.io', 'waiting@x.io']);
    const deliveries: string[] = [];
    for (const name of names) deliveries.push(await deliveryOf(name));
    expect(deliveries).to.deep.equal(['sent', 'sent', 'queued', 'sent', 'failed', 'queued', 'failed']);
    // One waits for its time. Of another an instance of the version before may still know how it went.
    const { rows } = await db.raw<{ rows: { id: string; minutes: number }[] }>(
      `select data->>'invitationId' as id, round(extract(epoch from start_after - now()) / 60)::int as minutes
       from rollcall_pgboss.job where state = 'created' order by minutes`,
    );
    expect(rows).to.deep.equal([
      { id: idOf('sending'), minutes: 10 },
      { id: idOf('later'), minutes: 60 },
    ]);
    expect(await fetchMailJobs(jobQueue(app.core))).to.deep.equal([]);
    const old = await db.raw<{ rows: unknown[] }>("select from pg_namespace where nspname = 'rollcall_jobs'");
    expect(old.rows).to.deep.equal([]);
  });
});
