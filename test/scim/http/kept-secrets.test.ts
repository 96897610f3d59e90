import { expect } from 'chai';
import fc from 'fast-check';
import { isSecretName, withoutSecrets } from '../../../src/lib/secrets.ts';
import { keptBody } from '../../../src/scim/log-entry/body.ts';
import { keptDetail } from '../../../src/scim/log-entry/detail.ts';
import { keptUrlPath } from '../../../src/scim/log-entry/path.ts';
import { keptQuery } from '../../../src/scim/log-entry/query.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { placesOf } from '../../support/everything.ts';

const SECRET = 'hunter2-corr';
const NAMES = [
  'password',
  'newPassword',
  'old_password',
  'PASSWD',
  'pwd',
  'client_secret',
  'clientSecret',
  'token',
  'accessToken',
  'refresh-token',
  'apiKey',
  'X-API-Key',
  'api_key',
  'Authorization',
  'credentials',
  'privateKey',
  'private_key',
  'passphrase',
  'urn:ietf:params:scim:schemas:core:2.0:User:password',
  'urn:example:ext:2.0:User:newPassword',
];

/** A text in fullwidth characters. */
function wide(text: string): string {
  return text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
}

/** Texts that are secrets by their shape. Made up. */
const SHAPES = [
  'rc_scim_0123456789abcdefABCDEF',
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'s1Gn'.repeat(10)}`,
  'sk_live_0123456789abcdefABCD',
  'ghp_0123456789abcdefABCDEF0123456789abcd',
  `00${'aB3_'.repeat(10)}`,
  'Bearer abc123.def-456',
  `Basic ${Buffer.from('ada:hunter2').toString('base64')}`,
  '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----',
  'https://ada:hunter2-corr@host.example/x',
];

describe('what the provisioning log keeps holds no secret', () => {
  const name = fc.constantFrom(...NAMES);
  const filler = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
  const secretValue = fc.constantFrom<unknown>(SECRET, [SECRET], { value: SECRET }, [{ a: [SECRET] }]);
  const holder = fc.oneof(
    fc.tuple(name, secretValue).map(([key, value]) => ({ [key]: value })),
    fc.tuple(name, secretValue).map(([path, value]) => ({ op: 'replace', path, value })),
    fc.tuple(name, secretValue).map(([path, value]) => ({ Op: 'Add', Path: path, Value: value })),
    fc.tuple(name, secretValue).map(([key, value]) => ({ name: key, value })),
    name.map((key) => ({ filter: `${key} eq "${SECRET}"` })),
    name.map((key) => ({ path: `emails[${key} eq "${SECRET}"].value` })),
    name.map((key) => ({ note: `${key}=${SECRET}` })),
    name.map((key) => ({ note: `x ${key}: "${SECRET}", y` })),
    name.map((key) => ({ note: `grant_type=x&${key}=${SECRET}&y=1` })),
    name.map((key) => ({ note: `{"${key}":"${SECRET}` })),
    name.map((key) => ({ note: `${key}=two ${SECRET}` })),
    name.map((key) => ({ note: `a <${key}>${SECRET}</${key}>` })),
    name.map((key) => ({ op: 'replace', path: [key], value: SECRET })),
    name.map((key) => ({ op: key, value: SECRET })),
    name.map((key) => ({ pairs: [[key, SECRET]] })),
    name.map((key) => ({ [wide(key)]: SECRET })),
    name.map((key) => ({ note: `${wide(key)}=${SECRET}` })),
  );
  const nested = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      holder,
      fc.tuple(fc.string({ maxLength: 5 }), tie('tree')).map(([key, value]) => ({ [key]: value, other: 1 })),
      fc.tuple(filler, tie('tree')).map(([one, value]) => [one, value]),
      tie('tree').map((value) => ({ text: JSON.stringify(value) })),
      tie('tree').map((value) => ({ method: 'PATCH', path: '/Users/x', data: value })),
    ),
  })).tree;

  it('in bodies, under any name that says so, however deep and in JSON within texts', () => {
    fc.assert(
      fc.property(nested, (value) => {
        expect(keptBody(value)).not.to.contain(SECRET);
      }),
      { numRuns: 500 },
    );
  });

  it('of any known shape, wherever it stands', () => {
    for (const secret of SHAPES) {
      const core = secret.slice(8, 24);
      expect(keptBody({ title: `a ${secret} b`, x: [secret] }), secret).not.to.contain(core);
      expect(keptQuery(`filter=${encodeURIComponent(`title eq ${JSON.stringify(secret)}`)}`)).not.to.contain(
        core,
      );
      expect(keptQuery(`${encodeURIComponent(secret)}=${encodeURIComponent(secret)}`)).not.to.contain(core);
      expect(
        keptUrlPath(`/scim/v2/Users/${encodeURIComponent(secret)}/${encodeURIComponent(secret)}`),
      ).not.to.contain(core);
      expect(keptDetail(`There is no user ${JSON.stringify(secret)} here.`)).not.to.contain(core);
    }
    const random = 'q7Zk29fLmP0sXw8RtY4uVb6NcD1eGhJ3';
    expect(keptUrlPath(`/scim/v2/Users/${random}`)).not.to.contain(random);
    expect(keptBody({ unknown: random })).not.to.contain(random);
    expect(keptQuery(`token=${random}&a=${random}&cursor=${random}`)).not.to.contain(random);
  });

  it('in queries, under any such name', () => {
    for (const one of NAMES) {
      expect(keptQuery(`${one}=${SECRET}`)).not.to.contain(SECRET);
      expect(keptQuery(`filter=${encodeURIComponent(`${one} eq ${SECRET}`)}`)).not.to.contain(SECRET);
      expect(
        keptQuery(`filter=${encodeURIComponent(`userName eq "x" and ${one} sw "${SECRET}"`)}`),
      ).not.to.contain(SECRET);
    }
  });

  it('in errors that quote the value of such a name', () => {
    for (const detail of [
      `"password" must be "x", not "${SECRET}"`,
      `The client_secret may not be "${SECRET}".`,
      `"emails" are wrong\n"urn:example:ext:2.0:User:newPassword" is no "${SECRET}`,
    ])
      expect(keptDetail(detail)).not.to.contain(SECRET);
    const innocent = 'The userName "token@x.io" is taken by "ada@x.io".';
    expect(keptDetail(innocent)).to.equal(innocent);
  });

  it('but what an engineer needs', () => {
    const body = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id: '0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa',
      userName: 'ada.lovelace@x.io',
      externalId: '00u1a2b3c4d5e6f7g8h9',
      displayName: 'Ada "Countess" King',
      members: [{ value: '0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa', display: 'Ada' }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Basic Training' },
      Operations: [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'a@x.io' }],
    };
    expect(JSON.parse(keptBody(body))).to.deep.equal(body);
    const hex = '0123456789abcdef0123456789abcdef';
    expect(JSON.parse(keptBody({ externalId: hex }))).to.deep.equal({ externalId: hex });
    for (const text of [
      'filter=externalId eq "00u1"',
      'startIndex=1&count=100',
      'attributes=userName,name.givenName',
      'sortBy=meta.created&sortOrder=descending',
      'filter=emails[type eq "work" and value eq "a@x.io"].value pr',
      'filter=not (active eq true) and (meta.lastModified gt "2026-01-01T00:00:00Z")',
    ])
      expect(keptQuery(encodeURI(text))).to.equal(text);
    for (const path of [
      '/scim/v2/Users/0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa',
      '/scim/v2/Users/ada@x.io',
      '/scim/v2/.search',
      '/scim/v2/Groups/.search',
    ])
      expect(keptUrlPath(path)).to.equal(path);
    for (const innocent of [
      'userName',
      'passenger',
      'externalId',
      'emails[type eq "work"].value',
      'displayName',
      'path',
    ])
      expect(isSecretName(innocent), innocent).to.equal(false);
    for (const innocent of ['Basic Training', 'Tokyo', 'a@x.io', '+1 555 0100', 'Ann King'])
      expect(withoutSecrets(innocent)).to.equal(innocent);
  });

  it('is made in time that grows with what came', () => {
    const began = process.cpuUsage().user;
    for (const text of [
      'a.'.repeat(30_000),
      'password'.repeat(8_000),
      '"'.repeat(60_000),
      '{"a":'.repeat(10_000),
      'eyJ'.repeat(20_000),
      '00'.repeat(30_000),
      'https://'.repeat(8_000),
      '-----BEGIN '.repeat(6_000),
      "'".repeat(60_000),
    ]) {
      keptBody({ x: text.slice(0, 500), filter: text, path: text, [text]: 1 });
      keptQuery(`filter=${text}&${text}=1`);
      keptDetail(text);
      withoutSecrets(text);
    }
    expect((process.cpuUsage().user - began) / 1_000).to.be.below(3_000);
  });
});

describe('what the server keeps of secrets in requests', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp({ jobs: null });
  });
  after(() => app.stop());

  it('is nothing, in any table', async () => {
    const scim = (method: string, path: string, body?: unknown) =>
      app.request(method, `/scim/v2${path}`, {
        token: app.tokens.scim,
        ...(body === undefined ? {} : { body }),
      });
    for (const key of NAMES) {
      await scim('POST', '/Users', {
        userName: `${key}@x.io`,
        [key]: SECRET,
        x: JSON.stringify({ [key]: SECRET }),
      });
      await scim('PATCH', '/Users/x', { Operations: [{ op: 'add', path: key, value: SECRET }] });
      await scim('POST', '/Bulk', {
        Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: { [key]: SECRET } }],
      });
      await scim(
        'GET',
        `/Users?filter=${encodeURIComponent(`${key} eq "${SECRET}"`)}&${encodeURIComponent(key)}=${SECRET}`,
      );
    }
    for (const secret of SHAPES) await scim('GET', `/Users/${encodeURIComponent(secret)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.provisioningLog.flush();
    expect(await placesOf(app.core.db, [SECRET, ...SHAPES.map((one) => one.slice(8, 24))])).to.deep.equal([]);
  });
});
