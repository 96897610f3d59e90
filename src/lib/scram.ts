import { Socket } from 'node:net';

/** Longest message a server may send before it has proved itself, in bytes. */
const MAX_MESSAGE = 65_536;

/**
 * The authentication requests (message type `R`) of SCRAM, by their codes, in the only order in which they prove
 * anything: SASL, SASLContinue, SASLFinal with the server's signature, Ok.
 */
const STEPS = [10, 11, 12, 0] as const;
const OK = 0;

/** The server asked for the password itself, or let us in without showing that it knows it. */
export class UnprovenServerError extends Error {
  /** SQLSTATE protocol_violation: for everybody else this is a database that cannot be reached. */
  readonly code = '08P01';

  constructor(what: string) {
    super(
      `The database server ${what}, so it has not proved that it knows the password; nothing was sent to it.`,
    );
    this.name = 'UnprovenServerError';
  }
}

/**
 * What a connection to this URL needs beside the URL itself, for pg and knex. With `require_auth=scram-sha-256`, a
 * parameter that libpq knows and pg does not, the server must prove that it knows the password (RFC 5802 section 3)
 * before anything is asked of it. Enforced on connections without TLS (`sslmode=disable`).
 */
export function connectionOptions(url: string): { stream?: () => Socket } {
  if (!URL.canParse(url)) return {};
  const { searchParams } = new URL(url);
  const isRequired = searchParams.get('require_auth') === 'scram-sha-256';
  return isRequired && searchParams.get('sslmode') === 'disable' ? { stream: () => new ScramSocket() } : {};
}

/**
 * A socket that passes on what the server sends only while it authenticates by SCRAM. The driver checks the server's
 * signature, but it would also take "authenticated" without one, and send the password in clear when asked for it.
 */
class ScramSocket extends Socket {
  #pending: Buffer = Buffer.alloc(0);
  /** How many of the steps have been made. */
  #made = 0;

  get #isProven(): boolean {
    return this.#made === STEPS.length;
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'data' && !this.#isProven) {
      const problem = this.#inspect(values[0] as Buffer);
      if (problem !== undefined) {
        this.destroy(new UnprovenServerError(problem));
        return false;
      }
    }
    return super.emit(event, ...values);
  }

  /** Reads the messages in what has come; answers what is wrong with them. */
  #inspect(chunk: Buffer): string | undefined {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 5) {
      const length = this.#pending.readUInt32BE(1);
      if (length < 4 || length > MAX_MESSAGE) return 'does not speak the protocol';
      if (this.#pending.length < 1 + length) {
        // The start of a message is judged at once: the rest may never come.
        return this.#judge(this.#pending, false);
      }
      const problem = this.#judge(this.#pending.subarray(0, 1 + length), true);
      if (problem !== undefined || this.#isProven) return problem;
      this.#pending = this.#pending.subarray(1 + length);
    }
    return undefined;
  }

  #judge(message: Buffer, isWhole: boolean): string | undefined {
    switch (message.toString('latin1', 0, 1)) {
      // An error, a notice, or another version of the protocol: nothing of ours depends on them.
      case 'E':
      case 'N':
      case 'v':
        return undefined;
      case 'R':
        break;
      default:
        return 'did not authenticate';
    }
    if (message.length < 9) return isWhole ? 'does not speak the protocol' : undefined;
    const code = message.readUInt32BE(5);
    if (code !== STEPS[this.#made]) {
      return code === OK ? 'let us in without authentication' : 'did not authenticate by SCRAM';
    }
    if (isWhole) this.#made++;
    return undefined;
  }
}
