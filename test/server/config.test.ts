import { expect } from 'chai';
import { resolve } from 'node:path';
import { ConfigError, readConfig, readDatabaseConfig } from '../../src/config.ts';

const SECRET = 's'.repeat(32);
const TOKEN = (name: string) => name.padEnd(32, '-token');

/** The lines that a start with this environment ends with. */
function mistakes(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).to.deep.equal({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://127.0.0.1:3000',
      databaseUrl: undefined,
      databasePoolSize: 10,
      dataDir: resolve('data'),
      secretKey: undefined,
      tokens: { scim: undefined, admin: undefined, operator: undefined },
      mail: undefined,
      invitationTtlHours: 24,
      rateLimitPerSecond: 100,
      logLevel: 'info',
    });
  });

  it('reads every variable', () => {
    const config = readConfig({
      HOST: '0.0.0.0',
      PORT: '8080',
      PUBLIC_URL: 'https://rollcall.example.com/people/',
      DATABASE_URL: 'postgres://rollcall@db.example.com/rollcall',
      DATABASE_POOL_SIZE: '25',
      DATA_DIR: '/var/lib/rollcall',
      SECRET_KEY: SECRET,
      SCIM_TOKEN: TOKEN('one'),
      ADMIN_TOKEN: TOKEN('two'),
      OPERATOR_TOKEN: TOKEN('three'),
      SMTP_URL: 'smtp://mail.example.com:587',
      MAIL_FROM: 'Rollcall <rollcall@example.com>',
      SMTP_ALLOW_PLAINTEXT: 'true',
      INVITATION_TTL_HOURS: '72',
      RATE_LIMIT_PER_SECOND: '0',
      LOG_LEVEL: 'debug',
    });
    expect(config).to.deep.equal({
      host: '0.0.0.0',
      port: 8080,
      publicUrl: 'https://rollcall.example.com/people',
      databaseUrl: 'postgres://rollcall@db.example.com/rollcall',
      databasePoolSize: 25,
      dataDir: '/var/lib/rollcall',
      secretKey: SECRET,
      tokens: { scim: TOKEN('one'), admin: TOKEN('two'), operator: TOKEN('three') },
      mail: {
        smtpUrl: 'smtp://mail.example.com:587',
        from: 'Rollcall <rollcall@example.com>',
        allowPlaintext: true,
      },
      invitationTtlHours: 72,
      rateLimitPerSecond: 0,
      logLevel: 'debug',
    });
  });

  it('cannot be changed', () => {
    const config = readConfig({});
    expect(Object.isFrozen(config) && Object.isFrozen(config.tokens)).to.equal(true);
  });

  it('takes an empty variable for an unset one', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '', SECRET_KEY: '', LOG_LEVEL: '' })).to.deep.equal(
      readConfig({}),
    );
  });

  it('writes an IPv6 address into the public URL with brackets', () => {
    expect(readConfig({ HOST: '::1' }).publicUrl).to.equal('http://[::1]:3000');
  });

  it('takes a database behind a unix socket', () => {
    const url = 'postgres://rollcall@localhost/rollcall?host=%2Frun%2Fpostgresql';
    expect(readConfig({ DATABASE_URL: url, SECRET_KEY: SECRET }).databaseUrl).to.equal(url);
  });

  const wrong: [Record<string, string>, string][] = [
    [{ PORT: 'http' }, 'PORT must be a whole number from 1 to 65535.'],
    [{ PORT: '0' }, 'PORT must be a whole number from 1 to 65535.'],
    [{ PORT: '70000' }, 'PORT must be a whole number from 1 to 65535.'],
    [{ PORT: '3000.5' }, 'PORT must be a whole number from 1 to 65535.'],
    [{ HOST: 'my host' }, 'HOST must be a host name or an IP address.'],
    [
      { PUBLIC_URL: 'rollcall.example.com' },
      'PUBLIC_URL must be an http or https URL without a query, such as https://rollcall.example.com.',
    ],
    [
      { PUBLIC_URL: 'https://example.com/?a=b' },
      'PUBLIC_URL must be an http or https URL without a query, such as https://rollcall.example.com.',
    ],
    [
      { DATABASE_URL: 'mysql://localhost/rollcall', SECRET_KEY: SECRET },
      'DATABASE_URL must be a URL such as postgres://user:password@host:5432/rollcall.',
    ],
    [
      { DATABASE_URL: 'postgres://localhost/rollcall' },
      'SECRET_KEY is required with DATABASE_URL: at least 32 characters, the same on every instance.',
    ],
    [{ SECRET_KEY: 'too short' }, 'SECRET_KEY must have at least 32 characters.'],
    [{ SECRET_KEY: ' '.repeat(40) }, 'SECRET_KEY must have at least 32 characters.'],
    ...['SCIM_TOKEN', 'ADMIN_TOKEN', 'OPERATOR_TOKEN'].flatMap((name): [Record<string, string>, string][] =>
      ['x', 'x'.repeat(31)].map((value) => [
        { [name]: value },
        `${name} must have at least 32 characters, such as openssl rand -hex 32 gives. It is taken at the first start ` +
          'only: an installation that has started before goes on with it unset, and its short token is best replaced by ' +
          'a new one (POST /api/v1/tokens).',
      ]),
    ),
    [{ SMTP_ALLOW_PLAINTEXT: 'yes' }, 'SMTP_ALLOW_PLAINTEXT must be true or false.'],
    [
      { SCIM_TOKEN: 'with a space' },
      'SCIM_TOKEN may hold only letters, digits and - . _ ~ + / (it is sent in the Authorization header).',
    ],
    [
      { SCIM_TOKEN: TOKEN('same'), ADMIN_TOKEN: TOKEN('same') },
      'ADMIN_TOKEN must differ from SCIM_TOKEN: a token has one scope.',
    ],
    [
      { SMTP_URL: 'mail.example.com', MAIL_FROM: 'a@example.com' },
      'SMTP_URL must be a URL such as smtp://user:password@mail.example.com:587.',
    ],
    [
      { SMTP_URL: 'smtp://mail.example.com' },
      'MAIL_FROM is required with SMTP_URL: the address that mail comes from.',
    ],
    [{ MAIL_FROM: 'nobody' }, 'MAIL_FROM must be an address, such as "Rollcall <rollcall@example.com>".'],
    [
      { MAIL_FROM: 'a@example.com\r\nBcc: b@example.com' },
      'MAIL_FROM must be an address, such as "Rollcall <rollcall@example.com>".',
    ],
    [{ INVITATION_TTL_HOURS: '0' }, 'INVITATION_TTL_HOURS must be a whole number from 1 to 8760.'],
    [{ RATE_LIMIT_PER_SECOND: '-1' }, 'RATE_LIMIT_PER_SECOND must be a whole number from 0 to 1000000.'],
    [{ DATABASE_POOL_SIZE: '0' }, 'DATABASE_POOL_SIZE must be a whole number from 1 to 1000.'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of error, warn, info, debug.'],
  ];
  for (const [env, line] of wrong) {
    it(`says one line for ${JSON.stringify(env)}`, () => {
      expect(mistakes(env)).to.deep.equal([line]);
    });
  }

  it('says every mistake at once, a line for each', () => {
    const lines = mistakes({
      PORT: 'x',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'postgres://localhost/rollcall',
      SMTP_URL: 'smtp://mail.example.com',
    });
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal([
      'PORT',
      'LOG_LEVEL',
      'SECRET_KEY',
      'MAIL_FROM',
    ]);
  });

  it('never repeats what may be a secret', () => {
    const lines = mistakes({
      SECRET_KEY: 'hunter2',
      DATABASE_URL: 'postgre://me:hunter2@localhost',
      SCIM_TOKEN: 'hunter2 hunter2',
      SMTP_URL: 'me:hunter2@mail',
    });
    expect(lines.join('\n')).not.to.contain('hunter2');
  });

  it('gives the migrations only what they need', () => {
    expect(readDatabaseConfig({ DATABASE_URL: 'postgres://localhost/rollcall' }).databaseUrl).to.equal(
      'postgres://localhost/rollcall',
    );
  });
});
