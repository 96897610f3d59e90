import { expect } from 'chai';
import { setLogLevel } from '../../src/lib/log.ts';
import { requestsTo, startApp, type TestApp } from '../support/app.ts';
import { adminOf, invitee } from './people.ts';

describe("the invitee's page", () => {
  let app: TestApp;
  let admin: ReturnType<typeof adminOf>;

  before(async () => {
    app = await startApp({ jobs: null });
    admin = adminOf(app);
  });
  after(() => app.stop());

  const linkTo = async (email: string, more: object = {}) =>
    admin.link((await admin.inviteOne(email, more)).id);
  const post = (link: string, body: string, type = 'application/x-www-form-urlencoded') =>
    requestsTo(link)<string>('POST', link, { body, headers: { 'Content-Type': type } });

  it('is kept by nobody, tells nobody where it is, and runs nothing', async () => {
    const link = await linkTo('headers@x.io');
    const { status, headers, body } = await invitee.open(link);
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('referrer-policy')).to.equal('no-referrer');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('x-robots-tag')).to.equal('noindex, nofollow');
    expect(headers.get('set-cookie')).to.equal(null);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).to.match(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; /);
    expect(policy).to.contain("frame-ancestors 'none'").and.to.contain("base-uri 'none'");
    expect(policy).not.to.match(/unsafe|script-src|\*/);
    expect(body).not.to.match(/<script|\son\w+=|style="|https?:\/\/(?!www\.w3\.org)/i);
    expect(body).to.match(/^<!doctype html>\n<html lang="en">/);
    expect(body).to.contain('<label for="name">').and.to.contain('<main>').and.to.contain('name="viewport"');
  });

  it('accepts nothing by GET or HEAD', async () => {
    const { id, userId } = await admin.inviteOne('scanner@x.io');
    const link = await admin.link(id);
    for (const method of ['GET', 'HEAD']) {
      expect((await requestsTo(link)(method, link)).status).to.equal(200);
      expect((await requestsTo(link)(method, `${link}?accept=1&name=x`)).status).to.equal(200);
    }
    expect((await admin.user(userId)).status).to.equal('pending');
  });

  it('takes the name in full or in parts, as a form or as JSON', async () => {
    const name = async (email: string, body: string, type?: string) => {
      const { id, userId } = await admin.inviteOne(email);
      expect((await post(await admin.link(id), body, type)).status).to.equal(200);
      const { fullName, attributes } = (await admin.user(userId)) as unknown as {
        fullName: string;
        attributes: { name: object };
      };
      return { fullName, name: attributes.name };
    };
    expect(await name('full@x.io', 'name=++Zo%C3%AB%0A++Washburne+')).to.deep.equal({
      fullName: 'Zoë Washburne',
      name: { formatted: 'Zoë Washburne' },
    });
    const parts = { givenName: 'Hoban', familyName: 'Washburne' };
    expect(await name('parts@x.io', new URLSearchParams(parts).toString())).to.deep.equal({
      fullName: 'Hoban Washburne',
      name: { formatted: 'Hoban Washburne', ...parts },
    });
    expect(await name('json@x.io', JSON.stringify({ name: 'Kaylee Frye' }), 'application/json')).to.include({
      fullName: 'Kaylee Frye',
    });
  });

  it('asks again for a name that is none, and the link stays', async () => {
    const { id, userId } = await admin.inviteOne('nameless@x.io');
    const link = await admin.link(id);
    for (const [name, problem] of [
      ['', 'Please write your name.'],
      ['   ', 'Please write your name.'],
      ['\u200c', 'Please write your name.'],
      ['x'.repeat(201), 'Please write your name in at most 200 characters.'],
      ['bell\u0007', 'Please write your name without line breaks or other control characters.'],
      ['\u202eeman', 'Please write your name without line breaks or other control characters.'],
    ] as const) {
      const { status, body } = await post(link, new URLSearchParams({ name }).toString());
      expect(status).to.equal(400);
      expect(body).to.contain('aria-invalid="true"').and.to.contain(problem);
    }
    for (const [body, type] of [
      ['', 'application/x-www-form-urlencoded'],
      ['name=a', 'text/plain'],
      ['[]', 'application/json'],
    ] as const) {
      expect((await post(link, body, type)).status).to.equal(400);
    }
    expect((await post(link, '{', 'application/json')).status).to.equal(400);
    expect((await post(link, `name=${'x'.repeat(20_000)}`)).status).to.equal(400);
    expect((await admin.user(userId)).status).to.equal('pending');
    expect((await invitee.accept(link)).status).to.equal(200);
  });

  it('shows names as text, whatever is in them', async () => {
    const evil = `<script>alert(1)</script>"'&`;
    const shown = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;';
    await admin.ok('PATCH', '/workspace', { name: evil });
    await admin.ok('POST', '/projects', { key: 'evil', name: `Project ${evil}` });
    const link = await linkTo('html@x.io', { projects: [{ project: 'evil', role: 'viewer' }] });
    const page = await invitee.open(link);
    expect(page.body).not.to.contain('<script');
    expect(page.body).to.contain(`<title>Join ${shown}</title>`).and.to.contain(`Project ${shown}`);

    const again = await post(link, new URLSearchParams({ name: `\u0007"><b>${evil}` }).toString());
    expect(again.body).not.to.match(/<script|<b>/);
    const joined = await invitee.accept(link, evil);
    expect(joined.body).to.contain(`Welcome to <span dir="auto">${shown}</span>`);
    const used = await invitee.open(link);
    expect(used.body).to.contain(shown).and.not.to.contain('<script');
    await admin.ok('PATCH', '/workspace', { name: 'Default' });
  });

  it('leads on only to a web address', async () => {
    for (const [address, leads] of [
      ['https://sign-in.example.com/?a=1&b=2', true],
      ['javascript:alert(1)', false],
      ['data:text/html,x', false],
    ] as const) {
      await app.core.db.raw('update workspaces set sign_in_url = ?', [address]);
      const { body } = await invitee.accept(await linkTo(`leads-${address.slice(0, 4)}@x.io`));
      expect(body.includes('href="')).to.equal(leads);
      if (leads) expect(body).to.contain('href="https://sign-in.example.com/?a=1&amp;b=2"');
    }
    await app.core.db.raw('update workspaces set sign_in_url = null');
  });

  it('does not know a token that is forged, cut, made longer, or another’s', async () => {
    const link = await linkTo('forged@x.io');
    const other = await linkTo('forged-other@x.io');
    const token = link.slice(link.lastIndexOf('/') + 1);
    const otherToken = other.slice(other.lastIndexOf('/') + 1);
    const flipped = (index: number) =>
      token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
    const wrong = [
      ...[0, 10, 21, 22, 40, 63].map(flipped),
      ...[1, 21, 22, 32, 63].map((length) => token.slice(0, length)),
      `${token}A`,
      `${token}=`,
      token.slice(0, 22) + otherToken.slice(22),
      otherToken.slice(0, 22) + token.slice(22),
      token.toUpperCase(),
      Buffer.alloc(48).toString('base64url'),
      'A'.repeat(64),
      '%00',
      '..%2f..%2fhealthz',
      'x'.repeat(8000),
    ];
    for (const one of wrong) {
      const url = `${app.url}/invite/${one}`;
      const { status, body, headers } = await requestsTo(url)<string>('GET', url);
      expect(status, one.slice(0, 80)).to.equal(404);
      expect(body).to.contain('This link does not work');
      expect(headers.get('content-security-policy')).to.contain("default-src 'none'");
      expect((await post(url, 'name=Eve')).status).to.equal(404);
    }
    for (const path of ['/invite', '/invite/', `/invite/${token}/x`]) {
      expect((await requestsTo(app.url)('GET', path)).status).to.equal(404);
    }
    expect((await requestsTo(app.url)('GET', '/invite/%E0%A4%A')).status).to.equal(400);
    expect((await requestsTo(app.url)('DELETE', `/invite/${token}`)).status).to.equal(404);
    expect((await invitee.open(link)).status).to.equal(200);
  });

  it('is told by the log by its pattern only', async () => {
    const lines: string[] = [];
    const write = process.stdout.write.bind(process.stdout);
    const link = await linkTo('logged@x.io');
    process.stdout.write = (text: string) => {
      lines.push(text);
      return true;
    };
    setLogLevel('debug');
    try {
      await invitee.open(link);
      await invitee.accept(link);
      await requestsTo(link)('PUT', link);
      // A request's line may come after its answer.
      const told = () => lines.join('').split('/invite/{token}').length - 1;
      for (let waited = 0; told() < 3 && waited < 5_000; waited += 10) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } finally {
      process.stdout.write = write;
      setLogLevel('silent');
    }
    const token = link.slice(link.lastIndexOf('/') + 1);
    const written = lines.join('').split('\n');
    expect(written.filter((line) => line.includes('/invite/{token}'))).to.have.lengthOf(3);
    expect(lines.join('')).not.to.contain(token);
  });

  it('is refused to whoever tries many wrong ones, and not to others behind the same address', async () => {
    const limited = await startApp({ jobs: null, rateLimitPerSecond: 100 });
    const link = await adminOf(limited).link((await adminOf(limited).inviteOne('limited@x.io')).id);
    const wrong = `${limited.url}/invite/${'A'.repeat(64)}`;
    const tries = await Promise.all(
      Array.from({ length: 40 }, () => requestsTo(wrong)<string>('GET', wrong)),
    );
    const statuses = tries.map((one) => one.status);
    expect(statuses.filter((status) => status === 404)).to.have.lengthOf.within(10, 20);
    const refused = tries.find((one) => one.status === 429)!;
    expect(refused.body).to.contain('Too many tries');
    expect(Number(refused.headers.get('retry-after'))).to.be.at.least(1);
    expect((await invitee.open(link)).status).to.equal(200);
    expect((await invitee.accept(link)).status).to.equal(200);
    await limited.stop();
  });
});
