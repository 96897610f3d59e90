import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { explain } from './failure.ts';
import { gateOf } from './gate.ts';
import type { Message } from './message.ts';

/** Takes messages to where mail goes. */
export interface Mailer {
  /**
   * Resolves once the message has been taken over; false when `handOver` said no, and then it went nowhere. Throws
   * `MailFailure`.
   */
  readonly send: (message: Message, attempt: SendAttempt) => Promise<boolean>;
}

/** One attempt to send a message. */
export interface SendAttempt {
  /** Closes the connection, unless the message has been handed over. */
  readonly signal: AbortSignal;
  /** Closes the connection in any case. */
  readonly ending: AbortSignal;
  /** Asked before the last word, by which the server takes the message over. */
  readonly handOver: () => Promise<boolean>;
}

export interface SmtpOptions {
  readonly smtpUrl: string;
  readonly from: string;
  /** True: the password of `smtpUrl` may be sent without TLS. Default false. */
  readonly allowPlaintext?: boolean;
}

const SECOND = 1000;

/**
 * How the server is connected to. With a password TLS is required, also of a server, or of somebody in between, that
 * does not offer it; without one TLS is used when it is offered.
 */
function connectionOf({ smtpUrl, allowPlaintext = false }: SmtpOptions): SmtpConnection {
  const url = new URL(smtpUrl);
  const hasCredentials = url.username !== '' || url.password !== '';
  if (!hasCredentials || allowPlaintext) return { url: smtpUrl };
  // What a URL says wins over other options, and would turn it off again.
  url.searchParams.delete('requireTLS');
  return { url: url.href, requireTLS: true };
}

interface SmtpConnection {
  readonly url: string;
  readonly requireTLS?: true;
}

/** Sends over SMTP, one connection for each message: a shared one that breaks could take a message twice. */
export function smtpMailer(options: SmtpOptions): Mailer {
  const connection = connectionOf(options);
  return {
    send: async (message, { signal, ending, handOver }) => {
      const transport = createTransport({
        ...connection,
        connectionTimeout: 15 * SECOND,
        greetingTimeout: 15 * SECOND,
        // A server may think for long about a message that it has read (RFC 5321 section 4.5.3.2.6).
        socketTimeout: 300 * SECOND,
      });
      const cut = new AbortController();
      const gate = gateOf(handOver, cut.signal);
      transport.use('stream', (mail, done) => {
        mail.message.processFunc(gate.through);
        done();
      });
      const abort = (): void => {
        if (ending.aborted || gate.state() !== 'open') cut.abort();
      };
      for (const one of [signal, ending]) one.addEventListener('abort', abort);
      if (signal.aborted) abort();
      try {
        await transport.sendMail({ ...mailOf(message, options.from, '7bit'), signal: cut.signal });
        return true;
      } catch (error) {
        if (gate.failure() !== undefined) throw gate.failure();
        if (gate.state() === 'closed') return false;
        throw explain(error, gate.state() === 'open');
      } finally {
        for (const one of [signal, ending]) one.removeEventListener('abort', abort);
      }
    },
  };
}

/**
 * Writes each message to a file of its own, whole or not at all. The same one again takes its place, so it may be
 * written at any time.
 */
export function fileMailer(options: {
  readonly directory: string;
  /** Called before each message: makes the directory above, and throws when that is not safe. */
  readonly prepare?: () => Promise<void>;
}): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    send: async (message) => {
      const { message: content } = await transport.sendMail(
        mailOf(message, 'Rollcall <rollcall@localhost>', '8bit'),
      );
      const file = join(options.directory, `${message.id}.eml`);
      const draft = `${file}.${randomUUID()}`;
      try {
        await options.prepare?.();
        await makePrivateDirectory(options.directory);
        // It holds a link by which somebody can join.
        await writeFile(draft, content as Buffer, { mode: 0o600, flag: 'wx', flush: true });
        await rename(draft, file);
        return true;
      } catch (error) {
        await rm(draft, { force: true });
        throw explain(error, false);
      }
    },
  };
}

/** Makes the directory, or closes one that is there, to other users. Throws when it is not ours. */
async function makePrivateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { uid, mode } = await handle.stat();
    if (uid !== process.getuid?.()) throw new Error(`${directory} belongs to another user (uid ${uid})`);
    if ((mode & 0o077) !== 0) await handle.chmod(0o700);
  } finally {
    await handle.close();
  }
}

function mailOf(message: Message, from: string, encoding: '7bit' | '8bit'): SendMailOptions {
  const { id, to, subject, text, html } = message;
  const isPlain = encoding === '8bit' || /^[\n -~]*$/.test(text);
  return {
    from,
    // As an object: a text would be read as a list of addresses.
    to: { name: '', address: to },
    subject,
    alternatives: [
      isPlain ? asItIs(text, encoding) : { contentType: 'text/plain; charset=utf-8', content: text },
      { contentType: 'text/html; charset=utf-8', content: html },
    ],
    messageId: `<${id}@${domainOf(from)}>`,
    // RFC 3834: no out-of-office notes.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** A part that is not encoded, so that the link in it is in one piece also for who reads the file itself. */
function asItIs(text: string, encoding: string): { raw: string } {
  const head = `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ${encoding}`;
  return { raw: `${head}\n\n${text}`.replaceAll('\n', '\r\n') };
}

function domainOf(mailbox: string): string {
  return /@([^\s<>@]+)>?$/.exec(mailbox)?.[1] ?? 'localhost';
}
