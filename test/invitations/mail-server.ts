import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A message as it came in. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers by their lower-case name, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  /** The plain text, decoded. */
  readonly text: string;
  /** The HTML, decoded. */
  readonly html: string;
  readonly raw: string;
}

/** A real SMTP server on loopback. */
export interface MailServer {
  readonly url: string;
  readonly received: Received[];
  /** What it does with a message: takes it unless this says otherwise. */
  behave: (message: Received) => Promise<Error | undefined>;
  /** Resolves with the newest message to an address, once there are so many. */
  readonly messageTo: (email: string, count?: number) => Promise<Received>;
  /** Takes no more connections, as if it were down. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const port = await freePort();
  const received: Received[] = [];
  let server: SMTPServer | undefined;

  const mail: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    received,
    behave: () => Promise.resolve(undefined),
    messageTo: async (email, count = 1) => {
      for (let waited = 0; waited < 10_000; waited += 20) {
        const found = received.filter((one) => one.to.includes(email));
        if (found.length >= count) return found.at(-1)!;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`No mail to ${email} came.`);
    },
    start: async () => {
      server = new SMTPServer({
        authOptional: true,
        disabledCommands: ['STARTTLS'],
        logger: false,
        onData: (stream, session, done) => {
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => {
            const { mailFrom, rcptTo } = session.envelope;
            const from = mailFrom === false ? '' : mailFrom.address;
            const to = rcptTo.map((one) => one.address);
            const message = { from, to, ...parse(Buffer.concat(chunks).toString('latin1')) };
            void mail.behave(message).then((refused) => {
              if (!refused) received.push(message);
              done(refused ?? null);
            });
          });
        },
      });
      server.on('error', () => undefined);
      await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    },
    stop: () => new Promise((resolve) => (server ? server.close(() => resolve()) : resolve())),
  };
  await mail.start();
  return mail;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The link in the text of a message. */
export function linkIn(message: Pick<Received, 'text'>): string {
  const [link] = /https?:\/\/\S+\/invite\/\S+/.exec(message.text) ?? [];
  if (link === undefined) throw new Error(`There is no link in: ${message.text}`);
  return link;
}

/** Takes a message apart: headers, and the two parts of multipart/alternative. */
export function parse(raw: string): Omit<Received, 'from' | 'to'> {
  const { headers, body } = partOf(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => partOf(part.replace(/^\r\n/, '')));
  const of = (type: string) => {
    const part = parts.find((one) => one.headers.get('content-type')?.startsWith(type));
    return part ? decoded(part.body, part.headers.get('content-transfer-encoding') ?? '7bit') : '';
  };
  return { headers, text: of('text/plain'), html: of('text/html'), raw };
}

function partOf(text: string): { headers: Map<string, string>; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const headers = new Map<string, string>();
  for (const line of text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (headers.has(name)) throw new Error(`The header ${name} is there twice.`);
    headers.set(name, line.slice(colon + 1).trim());
  }
  return { headers, body: text.slice(end + 4) };
}

function decoded(body: string, encoding: string): string {
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString('utf8');
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
