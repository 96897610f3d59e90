import { resolve } from 'node:path';
import { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from './lib/log.ts';

/** Everything that can be set from outside (contract section 2). */
export interface Config extends DatabaseConfig {
  readonly host: string;
  readonly port: number;
  /** What `meta.location` and invitation links begin with; no slash at its end. */
  readonly publicUrl: string;
  /** At least 32 characters; undefined only with the embedded database, where it is made and kept in `dataDir`. */
  readonly secretKey: string | undefined;
  /** Tokens that the workspace `default` is to accept; undefined ones are made at the first start. */
  readonly tokens: {
    readonly scim: string | undefined;
    readonly admin: string | undefined;
    readonly operator: string | undefined;
  };
  /** Where mail goes; undefined: to files in `dataDir`. */
  readonly mail: MailConfig | undefined;
  readonly invitationTtlHours: number;
  /** Requests of one token in a second; 0 for no limit. */
  readonly rateLimitPerSecond: number;
  readonly logLevel: LogLevel;
}

export interface MailConfig {
  readonly smtpUrl: string;
  readonly from: string;
  /** True: the password of `smtpUrl` may be sent without TLS. */
  readonly allowPlaintext: boolean;
}

/** The part of the configuration that the migrations' command line needs. */
export interface DatabaseConfig {
  /** Undefined: the embedded PostgreSQL, kept in `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  /** An absolute path. */
  readonly dataDir: string;
}

/** What is wrong with the environment; the message has one line for each variable that is wrong or missing. */
export class ConfigError extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
    this.lines = lines;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The least that a secret may have: what is shorter can be guessed. */
const MIN_SECRET_LENGTH = 32;

/** Text, and what is said when it is not as it should be. The text itself is not repeated: it may be a secret. */
function text(message: string, isRight: (value: string) => boolean) {
  return z.string().refine(isRight, message).optional();
}

function whole(from: number, to: number) {
  const message = `must be a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .pipe(z.number().min(from, message).max(to, message));
}

function url(protocols: readonly string[], example: string) {
  return text(`must be a URL such as ${example}`, (value) =>
    protocols.includes(parseUrl(value)?.protocol ?? ''),
  );
}

// RFC 6750 section 2.1: what can stand after "Bearer".
const token = z
  .string()
  .refine(
    (value) => /^[A-Za-z0-9\-._~+/]+=*$/.test(value),
    'may hold only letters, digits and - . _ ~ + / (it is sent in the Authorization header)',
  )
  .refine(
    (value) => value.length >= MIN_SECRET_LENGTH,
    `must have at least ${MIN_SECRET_LENGTH} characters, such as openssl rand -hex 32 gives. It is taken at the first ` +
      'start only: an installation that has started before goes on with it unset, and its short token is best ' +
      'replaced by a new one (POST /api/v1/tokens)',
  )
  .optional();

const database = {
  DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/rollcall'),
  DATABASE_POOL_SIZE: whole(1, 1000).default(10),
  DATA_DIR: z.string().default('./data'),
};

const databaseVariables = z.object(database);

const variables = z.object({
  ...database,
  HOST: text('must be a host name or an IP address', (value) => /^[\w.:%-]+$/.test(value)),
  PORT: whole(1, 65_535).default(3000),
  PUBLIC_URL: text(
    'must be an http or https URL without a query, such as https://rollcall.example.com',
    isPublicUrl,
  ),
  SECRET_KEY: text(
    `must have at least ${MIN_SECRET_LENGTH} characters`,
    (value) => value.trim().length >= MIN_SECRET_LENGTH,
  ),
  SCIM_TOKEN: token,
  ADMIN_TOKEN: token,
  OPERATOR_TOKEN: token,
  SMTP_URL: url(['smtp:', 'smtps:'], 'smtp://user:password@mail.example.com:587'),
  MAIL_FROM: text('must be an address, such as "Rollcall <rollcall@example.com>"', isMailbox),
  SMTP_ALLOW_PLAINTEXT: z.enum(['true', 'false'], 'must be true or false').default('false'),
  INVITATION_TTL_HOURS: whole(1, 24 * 365).default(24),
  RATE_LIMIT_PER_SECOND: whole(0, 1_000_000).default(100),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

type Variables = z.infer<typeof variables>;

/** What no variable shows by itself. Asked of the environment, so that it is said beside other mistakes. */
function together(env: Environment): string[] {
  const lines: string[] = [];
  if (env.DATABASE_URL !== undefined && env.SECRET_KEY === undefined) {
    lines.push(
      'SECRET_KEY is required with DATABASE_URL: at least 32 characters, the same on every instance.',
    );
  }
  if (env.SMTP_URL !== undefined && env.MAIL_FROM === undefined) {
    lines.push('MAIL_FROM is required with SMTP_URL: the address that mail comes from.');
  }
  const seen = new Map<string, string>();
  for (const name of ['SCIM_TOKEN', 'ADMIN_TOKEN', 'OPERATOR_TOKEN']) {
    const value = env[name];
    if (value === undefined) continue;
    const other = seen.get(value);
    if (other !== undefined) lines.push(`${name} must differ from ${other}: a token has one scope.`);
    seen.set(value, name);
  }
  return lines;
}

/** Reads the whole configuration; an empty variable counts as unset. Throws `ConfigError`. */
export function readConfig(environment: Environment = process.env): Config {
  const env = withoutEmpty(environment);
  const read = parse(variables, env, together(env));
  const host = read.HOST ?? '127.0.0.1';
  return Object.freeze({
    ...databaseConfig(read),
    host,
    port: read.PORT,
    publicUrl: (read.PUBLIC_URL ?? `http://${host.includes(':') ? `[${host}]` : host}:${read.PORT}`).replace(
      /\/+$/,
      '',
    ),
    secretKey: read.SECRET_KEY,
    tokens: Object.freeze({ scim: read.SCIM_TOKEN, admin: read.ADMIN_TOKEN, operator: read.OPERATOR_TOKEN }),
    mail: mailOf(read),
    invitationTtlHours: read.INVITATION_TTL_HOURS,
    rateLimitPerSecond: read.RATE_LIMIT_PER_SECOND,
    logLevel: read.LOG_LEVEL,
  });
}

/** Reads what the migrations' command line needs. Throws `ConfigError`. */
export function readDatabaseConfig(environment: Environment = process.env): DatabaseConfig {
  return databaseConfig(parse(databaseVariables, withoutEmpty(environment), []));
}

function databaseConfig(read: z.infer<typeof databaseVariables>): DatabaseConfig {
  return {
    databaseUrl: read.DATABASE_URL,
    databasePoolSize: read.DATABASE_POOL_SIZE,
    dataDir: resolve(read.DATA_DIR),
  };
}

function mailOf({ SMTP_URL, MAIL_FROM, SMTP_ALLOW_PLAINTEXT }: Variables): Config['mail'] {
  if (SMTP_URL === undefined || MAIL_FROM === undefined) return undefined;
  return Object.freeze({
    smtpUrl: SMTP_URL,
    from: MAIL_FROM,
    allowPlaintext: SMTP_ALLOW_PLAINTEXT === 'true',
  });
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function parse<T>(schema: z.ZodType<T>, env: Environment, others: readonly string[]): T {
  const read = schema.safeParse(env);
  // The first issue of a variable says it; another would be a second line for one mistake.
  const issues = new Map(
    (read.error?.issues ?? []).toReversed().map((issue) => [String(issue.path[0]), issue.message]),
  );
  const lines = [...[...issues].toReversed().map(([name, message]) => `${name} ${message}.`), ...others];
  if (!read.success || lines.length > 0) throw new ConfigError(lines);
  return read.data;
}

function isPublicUrl(value: string): boolean {
  const parsed = parseUrl(value);
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && !/[?#@]/.test(value);
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

function isMailbox(value: string): boolean {
  return /^([^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value);
}
