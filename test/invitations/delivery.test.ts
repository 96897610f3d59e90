import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Jobs, startJobs } from '../../src/jobs/index.ts';
import { smtpMailer } from '../../src/mail/mailer.ts';
import { closeJobQueue, type JobQueue, openJobQueue } from '../../src/store/db/job-queue.ts';
import { type Db, openDb } from '../../src/store/db/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { linkIn, type MailServer, parse, startMailServer } from './mail-server.ts';
import { startSilentServer, startSlowReader } from './odd-mail-servers.ts';
import { adminOf, invitee, letExpire, type Shown } from './people.ts';

/** As soon as the library can find that a process has died. */
const QUICK = { heartbeatSeconds: 10, superviseSeconds: 1 };

const FROM = 'Rollcall <rollcall@example.com>';

/** How many messages each address was sent. */
function countTo(mail: MailServer, addresses: readonly string[]): number[] {
  return addresses.map((email) => mail.received.filter((one) => one.to.includes(email)).length);
}

describe('the mail of an invitation', () => {
  let app: TestApp;
  let mail: MailServer;
  let admin: ReturnType<typeof adminOf>;

  before(async () => {
    mail = await startMailServer();
    app = await startApp({ smtpUrl: mail.url, jobs: { pollSeconds: 0.5, retryMs: 150 }, queue: QUICK });
    admin = adminOf(app);
  });
  afterEach(() => {
    mail.behave = () => Promise.resolve(undefined);
  });
  after(async () => {
    await app.stop();
    await mail.stop();
  });

  /** The delivery of an invitation once it is as asked for. */
  const delivery = async (id: string, isIt: (one: Shown['delivery']) => boolean) => {
    for (let waited = 0; waited < 30_000; waited += 40) {
      const shown = await admin.invitation(id);
      if (isIt(shown.delivery)) return shown.delivery;
      await sleep(40);
    }
    throw new Error(`It did not come: ${JSON.stringify(await admin.invitation(id))}`);
  };
  const sent = (id: string) => delivery(id, (one) => one.status === 'sent');

  it('says who invites, to what, until when, in text and in HTML', async () => {
    await admin.ok('PATCH', '/workspace', { name: 'Müller & Söhne <QA>' });
    await admin.ok('POST', '/projects', { key: 'mobile', name: 'Mobile <app>' });
    const { id, expiresAt } = await admin.inviteOne('reader@x.io', {
      accountRole: 'admin',
      products: [{ product: 'testsigma', license: 'pro' }, { product: 'test-management' }],
      projects: [{ project: 'mobile', role: 'tester' }],
    });
    const message = await mail.messageTo('reader@x.io');
    expect(message.from).to.equal('rollcall@example.com');
    expect(message.headers.get('from')).to.equal(FROM);
    expect(message.headers.get('to')).to.equal('reader@x.io');
    expect(message.headers.get('message-id')).to.equal(`<${id}.1@example.com>`);
    expect(message.headers.get('auto-submitted')).to.equal('auto-generated');
    const until = `${new Date(expiresAt).getUTCDate()} `;
    for (const said of [
      'Müller & Söhne <QA>',
      'reader@x.io',
      'Mobile <app>',
      'Tester',
      'Admin',
      until,
      'UTC',
    ]) {
      expect(message.text).to.contain(said);
    }
    expect(message.text)
      .to.contain('Testsigma: Pro license')
      .and.to.contain('Test Management: Standard license');
    const link = await admin.link(id);
    expect(linkIn(message)).to.equal(link);
    expect(message.html).to.contain('Müller &amp; Söhne &lt;QA&gt;').and.to.contain('Mobile &lt;app&gt;');
    expect(message.html).to.contain(`href="${link}"`).and.not.to.contain('<QA>');
    await admin.ok('PATCH', '/workspace', { name: 'Default' });
    expect(await sent(id)).to.include({ attempts: 1, reason: null, nextAttemptAt: null });
  });

  it('has the headers that we wrote and no other, whatever names hold', async () => {
    await app.core.db.raw('update workspaces set name = ?', ['Evil\r\nBcc: eve@x.io\r\n\r\nHello']);
    const { invited, skipped } = await admin.invite({
      emails: ['one@x.io\r\nBcc: eve@x.io', '"A\r\nBcc: eve@x.io" <two@x.io>', 'Eve\r\n <three@x.io>'],
    });
    expect(skipped.map((one) => one.reason)).to.deep.equal([
      'The address holds a control character (U+000D).',
    ]);
    for (const { email } of invited) {
      const message = await mail.messageTo(email);
      expect(message.to).to.deep.equal([email]);
      expect(message.headers.get('to')).to.equal(email);
      expect(message.headers.get('subject')).to.equal('You are invited to Evil Bcc: eve@x.io Hello');
      expect([...message.headers.keys()]).to.have.members([
        ...['auto-submitted', 'from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type'],
      ]);
    }
    expect(mail.received.filter((one) => one.to.includes('eve@x.io'))).to.deep.equal([]);
    await app.core.db.raw(`update workspaces set name = 'Default'`);
  });

  it('waits while the server is down, says why, and goes once to each when it is back', async () => {
    await mail.stop();
    const emails = Array.from({ length: 12 }, (_, i) => `down-${i}@x.io`);
    const { invited } = await admin.invite({ emails });
    const first = await delivery(invited[0]!.id, (one) => one.attempts >= 2 && one.nextAttemptAt !== null);
    expect(first.status).to.equal('queued');
    expect(first.reason).to.match(/^The message could not be handed over: .*ECONNREFUSED/);
    expect(Date.parse(first.nextAttemptAt!)).to.be.above(Date.now() - 5_000);
    expect(countTo(mail, emails)).to.deep.equal(emails.map(() => 0));
    await mail.start();
    for (const { id } of invited) await sent(id);
    await sleep(500);
    expect(countTo(mail, emails)).to.deep.equal(emails.map(() => 1));
  });

  it('is tried again after a refusal for now, and not after one for good', async () => {
    const answers = ['451 4.7.1 Greylisted, try again', undefined];
    const refuse = (text: string) =>
      Object.assign(new Error(text.slice(4)), { responseCode: Number(text.slice(0, 3)) });
    mail.behave = (message) => {
      const said = message.to.includes('grey@x.io') ? answers.shift() : '550 5.1.1 No such person here';
      return Promise.resolve(said === undefined ? undefined : refuse(said));
    };
    const grey = await admin.inviteOne('grey@x.io');
    const unknown = await admin.inviteOne('unknown@x.io');
    expect((await sent(grey.id)).attempts).to.equal(2);
    const failed = await delivery(unknown.id, (one) => one.status === 'failed');
    expect(failed).to.include({ attempts: 1, nextAttemptAt: null });
    expect(failed.reason).to.equal('The mail server refused the message: 550 5.1.1 No such person here');
    await sleep(600);
    expect((await admin.invitation(unknown.id)).delivery.attempts).to.equal(1);
    // The invitation itself stands: its link can be handed over.
    expect((await invitee.accept(await admin.link(unknown.id))).status).to.equal(200);
  });

  it('is superseded by a resend while it waits', async () => {
    await mail.stop();
    const { id } = await admin.inviteOne('superseded@x.io');
    await delivery(id, (one) => one.reason !== null);
    await admin.ok('POST', `/invitations/${id}/resend`);
    await admin.ok('POST', `/invitations/${id}/resend`);
    await mail.start();
    await sent(id);
    await sleep(800);
    expect(countTo(mail, ['superseded@x.io'])).to.deep.equal([1]);
    const message = await mail.messageTo('superseded@x.io');
    expect(message.headers.get('message-id')).to.equal(`<${id}.3@example.com>`);
    expect(linkIn(message)).to.equal(await admin.link(id));
  });

  it('is not sent once the invitation has ended, and says so', async () => {
    await mail.stop();
    const revoked = await admin.inviteOne('ended-1@x.io');
    const expired = await admin.inviteOne('ended-2@x.io');
    await delivery(revoked.id, (one) => one.reason !== null);
    await delivery(expired.id, (one) => one.reason !== null);
    await admin.ok('POST', '/invitations/revoke', { ids: [revoked.id] });
    await letExpire(app, expired.id);
    // An attempt that had begun before has failed by then.
    await sleep(200);
    await mail.start();
    const why = async (id: string) => (await delivery(id, (one) => one.status === 'failed')).reason;
    expect(await why(revoked.id)).to.equal('It was revoked before it could be sent.');
    expect(await why(expired.id)).to.equal('It was expired before it could be sent.');
    expect(countTo(mail, ['ended-1@x.io', 'ended-2@x.io'])).to.deep.equal([0, 0]);
  });

  it('is sent once, however many instances share the work', async function () {
    this.timeout(60_000);
    const others: { db: Db; queue: JobQueue; jobs: Jobs }[] = [];
    for (let i = 0; i < 2; i++) {
      const db = openDb({ url: app.databaseUrl, poolSize: 4 });
      const mailer = smtpMailer({ smtpUrl: mail.url, from: FROM });
      const queue = await openJobQueue(db, QUICK);
      const jobs = await startJobs({ ...app.core, db, jobs: queue }, { mailer, pollSeconds: 0.5 });
      others.push({ db, queue, jobs });
    }
    mail.behave = () => sleep(Math.random() * 60).then(() => undefined);
    const emails = Array.from({ length: 60 }, (_, i) => `shared-${i}@x.io`);
    const { invited } = await admin.invite({ emails });
    for (const { id } of invited) await sent(id);
    await sleep(300);
    expect(countTo(mail, emails)).to.deep.equal(emails.map(() => 1));
    await Promise.all(others.map(({ jobs }) => jobs.stop()));
    await Promise.all(others.map(({ queue }) => closeJobQueue(queue)));
    await Promise.all(others.map(({ db }) => db.destroy()));
  });

  it('waits for a slow server longer than a heartbeat may take, and is sent once', async function () {
    this.timeout(60_000);
    mail.behave = () => sleep(14_000).then(() => undefined);
    const { id } = await admin.inviteOne('slow@x.io');
    expect((await sent(id)).attempts).to.equal(1);
    expect(countTo(mail, ['slow@x.io'])).to.deep.equal([1]);
  });

  describe('of a process that is killed', () => {
    let tarpit: Server;
    let child: ChildProcess | undefined;
    let other: TestApp;

    beforeEach(async () => {
      // The app of these tests sends nothing until the child is dead.
      other = await startApp({ jobs: null, queue: { ...QUICK, supervises: true } });
      tarpit = createServer().listen(0, '127.0.0.1');
      await once(tarpit, 'listening');
    });
    afterEach(async () => {
      child?.kill('SIGKILL');
      tarpit.close();
      await other.stop();
    });

    const launch = (smtpUrl: string) => {
      const file = fileURLToPath(new URL('killed.child.ts', import.meta.url));
      child = spawn(process.execPath, [file, other.databaseUrl, smtpUrl], {
        stdio: 'ignore',
      });
      return child;
    };
    const takeOver = async (id: string) => {
      child?.kill('SIGKILL');
      await once(child!, 'close');
      const mailer = smtpMailer({ smtpUrl: mail.url, from: FROM });
      const jobs = await startJobs(other.core, { mailer, pollSeconds: 0.5 });
      const inOther = adminOf(other);
      for (let waited = 0; waited < 30_000; waited += 50) {
        if ((await inOther.invitation(id)).delivery.status !== 'queued') break;
        await sleep(50);
      }
      await sleep(300);
      await jobs.stop();
      return (await inOther.invitation(id)).delivery;
    };

    it('before it was sent goes out from another, once', async function () {
      this.timeout(60_000);
      const { id } = await adminOf(other).inviteOne('killed@x.io');
      launch(`smtp://127.0.0.1:${(tarpit.address() as AddressInfo).port}`);
      await once(tarpit, 'connection');
      expect(await takeOver(id)).to.include({ status: 'sent', attempts: 2 });
      expect(countTo(mail, ['killed@x.io'])).to.deep.equal([1]);
    });

    it('after the server had it but before we knew is told of, and not sent twice', async function () {
      this.timeout(60_000);
      const { id } = await adminOf(other).inviteOne('in-between@x.io');
      let arrived = () => undefined as unknown;
      const held = new Promise((resolve) => (arrived = () => resolve(undefined)));
      mail.behave = async () => {
        arrived();
        await sleep(2_500);
        return undefined;
      };
      launch(mail.url);
      await held;
      const delivery = await takeOver(id);
      expect(delivery).to.include({ status: 'failed', attempts: 1, nextAttemptAt: null });
      expect(delivery.reason).to.match(/may have arrived or not. Resend the invitation to be sure.$/);
      await sleep(1_500);
      expect(countTo(mail, ['in-between@x.io'])).to.deep.equal([1]);
      mail.behave = () => Promise.resolve(undefined);
      const inOther = adminOf(other);
      expect((await inOther.invitation(id)).status).to.equal('pending');
      await inOther.ok('POST', `/invitations/${id}/resend`);
      const jobs = await startJobs(other.core, {
        mailer: smtpMailer({ smtpUrl: mail.url, from: FROM }),
        pollSeconds: 0.5,
      });
      expect(linkIn(await mail.messageTo('in-between@x.io', 2))).to.equal(await inOther.link(id));
      await jobs.stop();
    });

    it('or that stops is queued again, soon and with the reason', async function () {
      this.timeout(30_000);
      const inOther = adminOf(other);
      const { id } = await inOther.inviteOne('stopped@x.io');
      const mailer = smtpMailer({
        smtpUrl: `smtp://127.0.0.1:${(tarpit.address() as AddressInfo).port}`,
        from: FROM,
      });
      const jobs = await startJobs(other.core, { mailer, pollSeconds: 0.5 });
      await once(tarpit, 'connection');
      const begun = Date.now();
      await jobs.stop();
      expect(Date.now() - begun).to.be.below(6_000);
      const { delivery } = await inOther.invitation(id);
      expect(delivery).to.include({ status: 'queued', attempts: 1 });
      expect(delivery.reason).to.match(/^The message could not be handed over/);
      expect(Date.parse(delivery.nextAttemptAt!)).to.be.above(Date.now());
    });

    it('again and again loses nobody and sends to nobody twice', async function () {
      this.timeout(120_000);
      const inOther = adminOf(other);
      const emails = Array.from({ length: 60 }, (_, i) => `often-${i}@x.io`);
      await inOther.invite({ emails });
      const shown = async () =>
        (await inOther.ok<{ items: Shown[] }>('GET', '/invitations?limit=500&search=often-')).items;
      const waiting = async () => (await shown()).filter((one) => one.delivery.status === 'queued').length;
      mail.behave = () => sleep(20 + Math.random() * 100).then(() => undefined);
      for (let kill = 0; kill < 2 && (await waiting()) > 15; kill++) {
        const before = mail.received.length;
        launch(mail.url);
        while (mail.received.length === before) await sleep(5);
        // At any moment of an attempt.
        await sleep(Math.random() * 150);
        child?.kill('SIGKILL');
        await once(child!, 'close');
      }
      expect(await waiting()).to.be.above(0);
      const mailer = smtpMailer({ smtpUrl: mail.url, from: FROM });
      const jobs = await startJobs(other.core, { mailer, pollSeconds: 0.5 });
      while ((await waiting()) > 0) await sleep(100);
      await jobs.stop();
      for (const { email, status, delivery } of await shown()) {
        const [count] = countTo(mail, [email]);
        expect(status).to.equal('pending');
        if (delivery.status === 'sent') {
          expect(count, email).to.equal(1);
        } else {
          // On its way when the process was killed.
          expect(delivery.status).to.equal('failed');
          expect(delivery.reason).to.contain('may have arrived or not');
          expect(count, email).to.be.at.most(1);
        }
      }
    });
  });

  it('is not sent twice when the server is gone before it has answered, and says so', async () => {
    const server = await startSilentServer();
    const other = await startApp({
      smtpUrl: server.url,
      jobs: { pollSeconds: 0.5, retryMs: 50 },
    });
    const inOther = adminOf(other);
    const { id } = await inOther.inviteOne('unanswered@x.io');
    let shown = await inOther.invitation(id);
    for (let waited = 0; shown.delivery.status === 'queued' && waited < 10_000; waited += 50) {
      await sleep(50);
      shown = await inOther.invitation(id);
    }
    expect(shown.delivery).to.include({ status: 'failed', attempts: 1, nextAttemptAt: null });
    expect(shown.delivery.reason).to.match(/may have arrived or not. Resend the invitation to be sure.$/);
    await sleep(500);
    expect(server.messages()).to.equal(1);
    await other.stop();
    server.stop();
  });

  it('is held back when it is revoked while the server reads it', async () => {
    let begun = () => undefined as unknown;
    const slow = await startSlowReader(() => begun());
    const other = await startApp({ smtpUrl: slow.url, jobs: { pollSeconds: 0.5, retryMs: 50 } });
    const inOther = adminOf(other);
    const reading = new Promise((resolve) => (begun = () => resolve(undefined)));
    const { id } = await inOther.inviteOne('held-back@x.io');
    await reading;
    await inOther.ok('POST', '/invitations/revoke', { ids: [id] });
    slow.goOn();
    let shown = await inOther.invitation(id);
    for (let waited = 0; shown.delivery.status === 'queued' && waited < 10_000; waited += 50) {
      await sleep(50);
      shown = await inOther.invitation(id);
    }
    expect(shown.delivery).to.include({
      status: 'failed',
      reason: 'It was revoked before it could be sent.',
    });
    expect(slow.messages()).to.equal(0);
    await other.stop();
    slow.stop();
  });

  it('is a file without a mail server, in one piece', async () => {
    const other = await startApp();
    const inOther = adminOf(other);
    const { id } = await inOther.inviteOne('file@x.io', { products: [{ product: 'testsigma' }] });
    let names: string[] = [];
    // Not those that are being written.
    const letters = async () =>
      (await readdir(other.mailDirectory).catch(() => [])).filter((name) => name.endsWith('.eml'));
    for (let waited = 0; names.length === 0 && waited < 10_000; waited += 50) {
      await sleep(50);
      names = await letters();
    }
    expect(names).to.deep.equal([`${id}.1.eml`]);
    const raw = await readFile(join(other.mailDirectory, names[0]!), 'latin1');
    const link = await inOther.link(id);
    expect(linkIn(parse(raw))).to.equal(link);
    expect(raw, 'to be copied from the file').to.contain(`\r\n${link}\r\n`);
    await inOther.ok('POST', `/invitations/${id}/resend`);
    for (let waited = 0; names.length < 2 && waited < 10_000; waited += 50) {
      await sleep(50);
      names = await letters();
    }
    expect(names.sort()).to.deep.equal([`${id}.1.eml`, `${id}.2.eml`]);
    await other.stop();
  });
});
