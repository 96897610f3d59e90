import { RollcallError } from '../../lib/errors.ts';
import { OversizedAnswer } from './watched-client.ts';

interface DatabaseError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
  readonly name?: string;
}

/** Serialization failure and deadlock: the same transaction may succeed when run again. */
const RETRYABLE = new Set(['40001', '40P01']);

/** No such prepared statement, and one of its name that somebody else made: the connection is not ours alone. */
const LOST_STATEMENT = new Set(['26000', '42P05']);

/** Connection failures of the operating system, as pg passes them on. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/** What an operator has to do something about before it can succeed, by SQLSTATE. */
const CANNOT_WRITE: Readonly<Record<string, string>> = {
  '53100': 'The disk of the database is full: nothing can be changed until there is space again.',
  '25006': 'The database is read-only at the moment: nothing can be changed until it takes writes again.',
};

/** What a person calls the thing whose unique index refused a row, by the index's name. */
const TAKEN: Readonly<Record<string, string>> = {
  users_user_name_unique: 'userName',
  groups_display_name_unique: 'displayName',
  products_key_unique: 'key',
  licenses_key_unique: 'key',
  organizations_key_unique: 'key',
  projects_key_unique: 'key',
  roles_key_unique: 'key',
  workspaces_key_unique: 'key',
  tokens_hash_unique: 'token',
};

/** What a transaction has locked is not all that it needs: it is run again from its start. Told as `busy` if it never ends. */
export class TransactionConflict extends RollcallError {
  constructor(message: string) {
    super('busy', message, { retryAfter: 1 });
  }
}

/** A transaction that failed with this error, or for its sake, may be run again from its start. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof TransactionConflict) return true;
  if (!(error instanceof Object)) return false;
  const { code = '', cause } = error as DatabaseError & { readonly cause?: unknown };
  return RETRYABLE.has(code) || isLostStatement(error) || isRetryable(cause);
}

/** True when a lock was not to be had in time; the transaction may be run again later. */
export function isLockTimeout(error: unknown): boolean {
  return codesOf(error).includes('55P03');
}

/** True when the database stopped the statement: it took longer than allowed, or it was told to. */
export function isStopped(error: unknown): boolean {
  return codesOf(error).includes('57014');
}

/** True when the connection is gone; what was asked on it may or may not have been done. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', message = '' } = error as DatabaseError;
  return (
    NETWORK.has(code) || LOST_CODE.test(code) || LOST_MESSAGE.test(message) || isConnectionLost(error.cause)
  );
}

/** The codes of an error and of what caused it. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [(error as DatabaseError).code ?? '', ...codesOf(error.cause)];
}

/** True when a prepared statement is not there any more, or is another's. */
export function isLostStatement(error: unknown): boolean {
  return LOST_STATEMENT.has((error as DatabaseError | undefined)?.code ?? '');
}

/**
 * The driver's error in the words of the domain: `busy` when the database is away or overloaded, `taken` when a
 * unique index refused the row. Any other is handed back as it is.
 */
export function translateError(error: unknown): unknown {
  if (error instanceof RollcallError || !(error instanceof Error)) return error;
  const { code = '', constraint = '', message = '', name } = error as DatabaseError;
  if (code === '23505' && TAKEN[constraint]) {
    return new RollcallError('taken', `This ${TAKEN[constraint]} is already in use in the workspace.`, {
      cause: error,
      fields: [{ field: TAKEN[constraint], message: 'is already in use' }],
    });
  }
  // 22P05 and 22021: text that PostgreSQL can't hold, such as U+0000.
  if (code === '22P05' || code === '22021') {
    return new RollcallError('invalid', 'The text holds a character that cannot be stored (U+0000).', {
      cause: error,
    });
  }
  if (error instanceof OversizedAnswer) {
    return new RollcallError('too_much', 'The answer would be larger than is sent at once; ask for less.', {
      cause: error,
    });
  }
  if (code === '55P03') {
    return new RollcallError('busy', 'Another change holds what this one needs; try again shortly.', {
      cause: error,
      retryAfter: 2,
    });
  }
  if (code === '57014') {
    return new RollcallError(
      'busy',
      'This took longer than the database may take for it; try again shortly.',
      {
        cause: error,
        retryAfter: 5,
      },
    );
  }
  if (CANNOT_WRITE[code] !== undefined) {
    return new RollcallError('busy', CANNOT_WRITE[code], { cause: error, retryAfter: 30 });
  }
  if (isAway(code, message, name ?? '')) {
    return new RollcallError('busy', 'The database cannot be reached at the moment; try again shortly.', {
      cause: error,
      retryAfter: 5,
    });
  }
  if (RETRYABLE.has(code)) {
    return new RollcallError('busy', 'Too many changes met at the same place; try again.', {
      cause: error,
      retryAfter: 1,
    });
  }
  return error;
}

/** Class 08 connection exception, 57P0x operator intervention, of which 57P05 ends who idles in a transaction. */
const LOST_CODE = /^(?:08...|57P0.|25P03)$/;

/** pg reports these without a code. */
const LOST_MESSAGE =
  /Connection terminated|Client has encountered a connection error|not queryable|Connection ended|timeout expired|Received unexpected/;

function isAway(code: string, message: string, name: string): boolean {
  return (
    NETWORK.has(code) ||
    LOST_CODE.test(code) ||
    // Insufficient resources.
    /^53...$/.test(code) ||
    name === 'KnexTimeoutError' ||
    LOST_MESSAGE.test(message) ||
    // What is at the other end does not prove that it is the database.
    message.startsWith('SASL:')
  );
}
