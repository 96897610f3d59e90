import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { type Made, prepare } from './cases.ts';

/** Names are one line that reads as it was written, wherever people or programs write one. */
describe('names', () => {
  let app: TestApp;
  let made: Made;
  before(async () => {
    app = await startApp({ jobs: null });
    made = await prepare(app);
  });
  after(() => app.stop());

  const later = () => new Date(Date.now() + 86_400_000).toISOString();
  /** How each kind of thing is given a name. */
  const KINDS: Readonly<Record<string, (name: string) => readonly [string, string, object]>> = {
    workspace: (name) => ['PATCH', '/workspace', { name }],
    'new workspace': (name) => ['POST', '/workspaces', { key: 'named', name }],
    organization: (name) => ['POST', '/organizations', { key: 'org', name }],
    'organization of a key': (name) => ['PATCH', '/organizations/known', { name }],
    project: (name) => ['POST', '/projects', { key: 'project', name }],
    'project of a key': (name) => ['PATCH', '/projects/known', { name }],
    product: (name) => ['PUT', '/products/testsigma', { name }],
    license: (name) => ['PUT', '/products/testsigma', { licenses: [{ key: 'pro', name }] }],
    role: (name) => ['PUT', '/roles/tester', { name }],
    token: (name) => ['POST', '/tokens', { name, scope: 'scim' }],
    machine: (name) => ['POST', '/machines', { user: made.user, name, fingerprint: 'f' }],
    review: (name) => ['POST', '/reviews', { name, dueAt: later() }],
  };

  const send = (name: string, kind: string) => {
    const [method, path, body] = KINDS[kind]!(name);
    return app.request(method, `/api/v1${path}`, {
      token: kind === 'new workspace' ? app.tokens.operator : app.tokens.admin,
      body,
    });
  };

  for (const kind of Object.keys(KINDS)) {
    it(`of a ${kind} have no line breaks, overrides or controls, and are not empty`, async () => {
      await made.admin('POST', '/organizations', { key: 'known', name: 'Known' });
      await made.admin('POST', '/projects', { key: 'known', name: 'Known' });
      const bad = [
        'a\nb',
        'a\r\nb',
        'a\u2028b',
        'a\tb',
        'a\u0007b',
        'a\u0000b',
        '\u202egro',
        'a\u2066b',
        'a\u200fb',
        'a\u061cb',
      ];
      for (const name of [...bad, '', '  ', '\u00a0', '\u200b', '\u2060\ufeff', 'x'.repeat(201)]) {
        const reply = await send(name, kind);
        expect(reply.status, JSON.stringify(name)).to.equal(400);
      }
    });

    it(`of a ${kind} are kept without outer spaces, in any script`, async () => {
      const name = 'می\u200cخواهم 漢字 👩\u200d🚀 क्\u200dष';
      const reply = await send(`\u3000 ${name}\t`, kind);
      expect(reply.status, JSON.stringify(reply.body)).to.be.oneOf([200, 201]);
      const licenses = reply.body.licenses as { name: string }[] | undefined;
      const names = [reply.body.name, ...(licenses ?? []).map((one) => one.name)];
      expect(names).to.include(name);
    });
  }

  it('of reviewers are names, too', async () => {
    const { body } = await made.admin('POST', '/reviews', { name: 'Signed', dueAt: later() });
    const path = `/reviews/${String(body.id)}/close`;
    expect((await made.admin('POST', path, { reviewer: 'A\nB' })).status).to.equal(400);
    expect((await made.admin('POST', path, { reviewer: ' Ann ' })).body.signedBy).to.equal('Ann');
  });

  it('of invited people are names, too', async () => {
    for (const name of ['A\u202eB', 'A\u200eB', 'A\u2028B']) {
      const { body } = await made.admin('POST', '/invitations', {
        emails: [`${name} <a${name.codePointAt(1)!}@x.io>`],
      });
      const [{ userId }] = body.invited as [{ userId: string }];
      const shown = await made.admin('GET', `/users/${userId}`);
      expect(shown.body.fullName).to.equal(`a${name.codePointAt(1)!}@x.io`);
    }
  });
});

describe('userNames that nobody can tell apart', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp({ jobs: null });
  });
  after(() => app.stop());

  const scim = (method: string, path: string, body?: object) =>
    app.request<{ id: string; userName: string; totalResults: number }>(method, `/scim/v2${path}`, {
      token: app.tokens.scim,
      ...(body ? { body } : {}),
    });

  it('are one person on every way in, and a sync goes on', async () => {
    const spellings = [
      ' ada@x.io',
      'ada@x.io ',
      '\u00a0ada@x.io',
      'a\u200bda@x.io',
      'ada@x.io\ufeff',
      '\u202aada@x.io\u202c',
      'ADA\u00ad@x.io\r\n',
    ];
    const { body: ada, status } = await scim('POST', '/Users', { userName: '\tada@x.io\u200d' });
    expect([status, ada.userName]).to.deep.equal([201, 'ada@x.io']);
    for (const userName of spellings) {
      expect((await scim('POST', '/Users', { userName })).status).to.equal(409);
      const filter = encodeURIComponent(`userName eq ${JSON.stringify(userName)}`);
      expect((await scim('GET', `/Users?filter=${filter}`)).body.totalResults, userName).to.equal(1);
      expect((await scim('PUT', `/Users/${ada.id}`, { userName })).status).to.equal(200);
      const access = await app.request('GET', `/api/v1/access?user=${encodeURIComponent(userName)}`, {
        token: app.tokens.admin,
      });
      expect(access.status, JSON.stringify(access.body)).to.equal(200);
    }
    for (const userName of ['\u200b', '\u2066\u2069', '\u3164'])
      expect((await scim('POST', '/Users', { userName })).status).to.equal(400);
  });

  it('nor addresses', async () => {
    const emails = [{ value: '\u200b grace@x.io\u00a0', primary: true }];
    const { body: grace } = await scim('POST', '/Users', { userName: 'grace', emails });
    const filter = encodeURIComponent('emails.value eq " grace@x.io"');
    expect((await scim('GET', `/Users?filter=${filter}`)).body.totalResults).to.equal(1);
    const invited = await app.request('POST', '/api/v1/invitations', {
      token: app.tokens.admin,
      body: { emails: 'grace@x.io' },
    });
    expect(JSON.stringify(invited.body)).to.contain('active user already');
    const access = await app.request<{ user: { id: string } }>(
      'GET',
      '/api/v1/access?user=%20grace@x.io%E2%80%8B',
      {
        token: app.tokens.admin,
      },
    );
    expect(access.body.user.id).to.equal(grace.id);
  });
});
