import { expect } from 'chai';
import { adminOf, letExpire } from '../invitations/people.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { openBrowser, type Browser } from './browser.ts';
import { expectCalm as expectCalmOf, lowContrast } from './looks.ts';

const SIZES = { phone: 360, desktop: 1280 } as const;

describe("the invitee's page in a browser", () => {
  let app: TestApp;
  let admin: ReturnType<typeof adminOf>;
  let browser: Browser;

  before(async () => {
    app = await startApp({ jobs: null });
    admin = adminOf(app);
    await admin.ok('PATCH', '/workspace', { name: 'Acme Quality', signInUrl: `${app.url}/healthz` });
    await admin.ok('POST', '/projects', { key: 'mobile', name: 'Mobile app' });
    await admin.ok('POST', '/projects', { key: 'web', name: 'Web shop' });
  });
  afterEach(() => browser.close());
  after(() => app.stop());

  const OFFER = {
    accountRole: 'admin',
    products: [{ product: 'testsigma', license: 'pro' }, { product: 'test-management' }],
    projects: [
      { project: 'mobile', role: 'tester' },
      { project: 'web', role: 'viewer' },
    ],
  };
  const invited = async (email: string, more: object = OFFER) => {
    const { id } = await admin.inviteOne(email, more);
    return { id, link: await admin.link(id) };
  };
  const expectCalm = () => expectCalmOf(browser, ['/invite/', '/healthz']);

  for (const [size, width] of Object.entries(SIZES)) {
    it(`is read, filled in and accepted on a ${size}`, async () => {
      browser = await openBrowser({ width });
      const { page, picture } = browser;
      const { link } = await invited(`grace.hopper+${size}@example.com`);
      await page.goto(link);
      await picture(`${size}-1-invitation`);
      await expectCalm();
      expect(await page.title()).to.equal('Join Acme Quality');
      expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal('Join Acme Quality');
      expect(await page.getByRole('listitem').allInnerTexts()).to.have.lengthOf(4);

      await page.getByLabel('Your name').fill('   ');
      await page.getByRole('button', { name: 'Join the workspace' }).click();
      const field = page.getByLabel('Your name');
      expect(await field.getAttribute('aria-invalid')).to.equal('true');
      expect(await field.evaluate((element) => element === document.activeElement)).to.equal(true);
      await picture(`${size}-2-no-name`);
      await expectCalm();

      await field.fill('Grace Hopper');
      await page.getByRole('button').click();
      await page.getByRole('heading', { name: 'Welcome to Acme Quality' }).waitFor();
      await picture(`${size}-3-joined`);
      await expectCalm();
      expect(await page.evaluate(() => document.cookie)).to.equal('');
      await page.getByRole('link', { name: 'Go on to sign in' }).click();
      await page.waitForURL(`${app.url}/healthz`);

      await page.goto(link);
      await picture(`${size}-4-used`);
      await expectCalm();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal(
        'This invitation has been used',
      );
    });

    it(`says on a ${size} what a link that has ended is, each in its own words`, async () => {
      browser = await openBrowser({ width });
      const { page, picture } = browser;
      const ends: Record<string, string> = {};

      const revoked = await invited(`revoked-${size}@example.com`);
      await admin.ok('POST', '/invitations/revoke', { ids: [revoked.id] });
      ends['This invitation was withdrawn'] = revoked.link;

      const expired = await invited(`expired-${size}@example.com`);
      await letExpire(app, expired.id);
      ends['This invitation has expired'] = expired.link;

      const replaced = await invited(`replaced-${size}@example.com`);
      await admin.ok('POST', `/invitations/${replaced.id}/resend`);
      ends['There is a newer link'] = replaced.link;

      const userName = `superseded-${size}@example.com`;
      const superseded = await invited(userName);
      await app.request('POST', '/scim/v2/Users', { token: app.tokens.scim, body: { userName } });
      ends['You are in already'] = superseded.link;

      ends['This link does not work'] = `${app.url}/invite/mistyped`;

      for (const [index, [heading, link]] of Object.entries(ends).entries()) {
        const response = await page.goto(link);
        await picture(`${size}-${index + 5}-${heading.toLowerCase().replaceAll(' ', '-')}`);
        await expectCalm();
        expect(response?.status()).to.equal(link.endsWith('mistyped') ? 404 : 410);
        expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal(heading);
        expect(await page.getByRole('main').getByRole('paragraph').count()).to.be.at.least(2);
      }
    });

    it(`bears long and foreign names on a ${size}, in the dark`, async () => {
      browser = await openBrowser({ width, dark: true });
      const { page, picture } = browser;
      await admin.ok('PATCH', '/workspace', {
        name: 'مختبر الجودة — Qualitätssicherungsabteilungsleitungsbüro',
      });
      const key = `long-${size}`;
      await admin.ok('POST', '/projects', { key, name: `${'Abrechnungs'.repeat(8)} ${'x'.repeat(100)}` });
      const { link } = await invited(`${'very.long.'.repeat(6)}${size[0]!}@${'sub.'.repeat(20)}example.com`, {
        ...OFFER,
        projects: [{ project: key, role: 'manager' }],
      });
      await page.goto(link);
      await picture(`${size}-dark-1-long`);
      await expectCalm();
      await page.getByLabel('Your name').fill(' ');
      await page.getByRole('button').click();
      await picture(`${size}-dark-2-no-name`);
      await page.getByLabel('Your name').fill('غريس هوبر');
      await page.getByRole('button').click();
      await picture(`${size}-dark-3-joined`);
      await expectCalm();
      await admin.ok('PATCH', '/workspace', { name: 'Acme Quality' });
    });
  }

  it('needs no script, and is gone through with the keyboard alone', async () => {
    browser = await openBrowser({ width: SIZES.desktop, script: false });
    const { page } = browser;
    const { link } = await invited('keyboard@example.com', {});
    await page.goto(link);
    await page.keyboard.press('Tab');
    await page.keyboard.type('Kay Board');
    await browser.picture('keyboard-focus');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Welcome to Acme Quality' }).waitFor();
  });

  it('has enough contrast, and places that a finger hits', async () => {
    for (const dark of [false, true]) {
      browser = await openBrowser({ width: SIZES.phone, dark });
      const { page } = browser;
      const { link } = await invited(`contrast-${dark}@example.com`);
      await page.goto(link);
      await page.getByLabel('Your name').fill(' ');
      await page.getByRole('button').click();
      const low = await page.evaluate(lowContrast);
      expect(low).to.deep.equal([]);
      for (const role of ['textbox', 'button'] as const) {
        const box = await page.getByRole(role).boundingBox();
        expect(box?.height).to.be.at.least(44);
      }
      if (!dark) await browser.close();
    }
  });
});
