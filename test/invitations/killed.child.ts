import { startJobs } from '../../src/jobs/index.ts';
import { smtpMailer } from '../../src/mail/mailer.ts';
import { openDb } from '../../src/store/db/pool.ts';

/** Sends mail in a process of its own, which is to be killed: DATABASE, SMTP and the time of a lease come as arguments. */
const [url = '', smtpUrl = '', leaseMs = ''] = process.argv.slice(2);
const core = {
  db: openDb({ url, poolSize: 4 }),
  invitations: { secretKey: 'k'.repeat(32), publicUrl: 'http://127.0.0.1:1', ttlHours: 24 },
};
startJobs(core, {
  mailer: smtpMailer({ smtpUrl, from: 'Rollcall <rollcall@example.com>' }),
  pollMs: 50,
  leaseMs: Number(leaseMs),
});
