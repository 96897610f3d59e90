import { Writable } from 'node:stream';
import winston from 'winston';

/** Levels from quiet to talkative; `info` has one line per request. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Milliseconds for which lines are gathered, and how many at most. */
const GATHER_MS = 20;
const MOST_GATHERED = 200;

let gathered: string[] = [];
let timer: NodeJS.Timeout | undefined;

/** Writes the lines that are still gathered; the end of the process does it too. */
export function flushLog(): void {
  clearTimeout(timer);
  timer = undefined;
  if (gathered.length === 0) return;
  const text = gathered.join('');
  gathered = [];
  process.stdout.write(text);
}

/** Stdout, written to in batches: a system call for each request's line costs as much as a question to the database. */
function batchedStdout(): Writable {
  process.once('exit', flushLog);
  return new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      gathered.push(line);
      if (gathered.length >= MOST_GATHERED) flushLog();
      else timer ??= setTimeout(flushLog, GATHER_MS);
      done();
    },
  });
}

/**
 * The log: one JSON object a line on stdout, with `time`, `level`, `message` and the fields given. Errors among the
 * fields are written with their causes. What is on behalf of a request is given its `requestId`: to carry it along unseen
 * would make every promise dearer. Never hand it a header, a token or a body.
 */
export const log = winston.createLogger({
  level: 'info',
  format: winston.format.combine(winston.format((info) => describe(info))(), winston.format.json()),
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types it as an interface
  transports: new winston.transports.Stream({ stream: batchedStdout() }),
});

/** Sets from which level on lines are written; `silent` writes none. */
export function setLogLevel(level: LogLevel | 'silent'): void {
  log.silent = level === 'silent';
  if (level !== 'silent') log.level = level;
}

function describe(info: winston.Logform.TransformableInfo): winston.Logform.TransformableInfo {
  info.time = new Date().toISOString();
  for (const [field, value] of Object.entries(info))
    if (value instanceof Error) info[field] = describeError(value);
  return info;
}

const MAX_CAUSES = 5;

function describeError(error: Error, depth = 0): object {
  const { name, message, stack, cause } = error;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(constraint === undefined ? {} : { constraint }),
    stack,
    ...(cause instanceof Error && depth < MAX_CAUSES ? { cause: describeError(cause, depth + 1) } : {}),
  };
}
