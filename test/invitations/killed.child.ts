import { startJobs } from '../../src/jobs/index.ts';
import { smtpMailer } from '../../src/mail/mailer.ts';
import { openJobQueue } from '../../src/store/db/job-queue.ts';
import { openDb } from '../../src/store/db/pool.ts';

/** Sends mail in a process of its own, which is to be killed: DATABASE and SMTP come as arguments. */
const [url = '', smtpUrl = ''] = process.argv.slice(2);
const db = openDb({ url, poolSize: 4 });
const core = {
  db,
  jobs: await openJobQueue(db, { heartbeatSeconds: 10, superviseSeconds: 1 }),
  invitations: { secretKey: 'k'.repeat(32), publicUrl: 'http://127.0.0.1:1', ttlHours: 24 },
};
await startJobs(core, {
  mailer: smtpMailer({ smtpUrl, from: 'Rollcall <rollcall@example.com>' }),
  pollSeconds: 0.5,
});
