import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { MailFailure } from '../../src/mail/failure.ts';
import { smtpMailer } from '../../src/mail/mailer.ts';

const PASSWORD = 'the-password-of-the-mail-server';
const FROM = 'Rollcall <rollcall@example.com>';

/** A mail server that wants a password; it notes each one, and whether it came by TLS. */
async function startServer(options: SMTPServerOptions) {
  const passwords: { password: string | null | undefined; secure: boolean }[] = [];
  const server = new SMTPServer({
    logger: false,
    allowInsecureAuth: true,
    ...options,
    onAuth: (auth, session, done) => {
      passwords.push({ password: auth.password, secure: session.secure });
      done(null, { user: auth.username });
    },
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on('end', () => done(null));
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, passwords, stop: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

/** A server that says what it is given to say, and notes what it is told. */
async function startScript(answer: (line: string) => string) {
  const lines: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 script\r\n');
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const line of text.split('\r\n').filter(Boolean)) {
        lines.push(line);
        socket.write(`${answer(line)}\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, lines, stop: () => server.close() };
}

async function send(smtpUrl: string, allowPlaintext?: boolean): Promise<MailFailure | undefined> {
  const mailer = smtpMailer({
    smtpUrl,
    from: FROM,
    ...(allowPlaintext === undefined ? {} : { allowPlaintext }),
  });
  const { signal } = new AbortController();
  const message = { id: 'one', to: 'a@x.io', subject: 'Hello', text: 'Hello\n', html: '<p>Hello</p>' };
  try {
    await mailer.send(message, { signal, ending: signal, handOver: () => Promise.resolve(true) });
    return undefined;
  } catch (error) {
    if (error instanceof MailFailure) return error;
    throw error;
  }
}

describe('the password of the mail server', () => {
  const urlOf = (port: number, more = '') => `smtp://me:${PASSWORD}@127.0.0.1:${port}${more}`;

  for (const more of ['', '?requireTLS=false', '?ignoreTLS=true', '?opportunisticTLS=true&requireTLS=0']) {
    it(`is not sent to one that offers no TLS${more && `, with ${more}`}`, async () => {
      const server = await startServer({ disabledCommands: ['STARTTLS'] });
      try {
        const failure = await send(urlOf(server.port, more));
        expect(failure?.reason).to.match(/could not be secured by TLS.*unless SMTP_ALLOW_PLAINTEXT is true/);
        expect(failure?.reason).not.to.contain(PASSWORD);
        expect(failure?.isFinal).to.equal(false);
        expect(server.passwords).to.deep.equal([]);
      } finally {
        await server.stop();
      }
    });
  }

  it('is not sent when somebody in between takes the offer away, or spoils it', async () => {
    const told: [string, (line: string) => string][] = [
      ['no EHLO', (line) => (/^EHLO/.test(line) ? '502 What?' : '250 Fine')],
      [
        'no offer',
        (line) => {
          if (/^EHLO/.test(line)) return '250-script\r\n250 AUTH PLAIN LOGIN';
          return /^STARTTLS/.test(line) ? '502 What?' : '250 Fine';
        },
      ],
      [
        'a broken offer',
        (line) =>
          /^EHLO/.test(line)
            ? '250-script\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN'
            : /^STARTTLS/.test(line)
              ? '454 Not now'
              : '250 Fine',
      ],
    ];
    for (const [name, answer] of told) {
      const server = await startScript(answer);
      try {
        expect((await send(urlOf(server.port)))?.reason, name).to.match(/could not be secured by TLS/);
        expect(
          server.lines.filter((line) => line.startsWith('AUTH')),
          name,
        ).to.deep.equal([]);
        expect(server.lines.join('\n')).not.to.contain(Buffer.from(`\0me\0${PASSWORD}`).toString('base64'));
      } finally {
        server.stop();
      }
    }
  });

  it('is sent without TLS when the operator says so', async () => {
    const server = await startServer({ disabledCommands: ['STARTTLS'] });
    try {
      expect(await send(urlOf(server.port), true)).to.equal(undefined);
      expect(server.passwords).to.deep.equal([{ password: PASSWORD, secure: false }]);
    } finally {
      await server.stop();
    }
  });

  it('is sent by TLS where there is TLS, and only to a certificate that is trusted', async () => {
    const server = await startServer({});
    try {
      expect((await send(urlOf(server.port)))?.reason).to.match(/certificate/);
      expect(server.passwords).to.deep.equal([]);
      expect(await send(urlOf(server.port, '?tls.rejectUnauthorized=false'))).to.equal(undefined);
      expect(server.passwords).to.deep.equal([{ password: PASSWORD, secure: true }]);
    } finally {
      await server.stop();
    }
  });

  it('is no matter where there is none: mail goes out as it did', async () => {
    const server = await startServer({ disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true });
    try {
      expect(await send(`smtp://127.0.0.1:${server.port}`)).to.equal(undefined);
    } finally {
      await server.stop();
    }
  });
});
