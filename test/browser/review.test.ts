import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { makeCrowd } from '../reviews/crowd.ts';
import { reviewingIn } from '../reviews/reviewing.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { openBrowser, type Browser } from './browser.ts';
import { expectCalm, lowContrast } from './looks.ts';

const SIZES = { phone: 360, desktop: 1280 } as const;

describe('the saved report of an access review in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let directory: string;
  let page: string;

  before(async function () {
    this.timeout(120_000);
    app = await startApp({ jobs: null });
    const we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile app' });
    const long = `${'very.long.'.repeat(5)}name@${'sub.'.repeat(15)}example.com`;
    const people = {
      'ada@example.com': 'Ada Lovelace',
      'grace@example.com': 'Grace Hopper',
      [long]: 'غريس هوبر',
    };
    const ids: string[] = [];
    for (const [userName, displayName] of Object.entries(people)) {
      ids.push(await we.user(userName, { displayName, emails: we.elements([userName]) }));
    }
    for (const user of ids) await we.admin('PUT', `/users/${user}/projects/mobile`, { role: 'manager' });
    await we.admin('POST', '/users/account-role', { ids: [ids[0]!], accountRole: 'owner' });
    const group = await we.group('ts-testsigma-pro', ...ids);
    await we.admin('PUT', `/groups/${group}/grants`, {
      grants: [{ product: 'testsigma', license: 'pro' }],
    });
    await makeCrowd(app.core.db, 120);
    const { id } = await we.open({ name: 'Access to testing tools, third quarter' });
    await we.decideAll(id, {}, 'keep', { reviewer: 'Katherine Johnson' });
    await we.decideAll(id, { user: 'ada@example.com' }, 'revoke', {
      reviewer: 'Grace Hopper',
      note: 'Moved to another department in May; her successor has the access that is needed here.',
    });
    await we.decideAll(id, { user: long }, 'revoke', { reviewer: 'Grace Hopper' });
    await we.closed(id, { reviewer: 'Grace Hopper' });
    const { body } = await app.request<string>('GET', `/api/v1/reviews/${id}/report.html`, {
      token: app.tokens.admin,
    });
    directory = await mkdtemp(join(tmpdir(), 'rollcall-report-'));
    const file = join(directory, 'review.html');
    await writeFile(file, body);
    page = pathToFileURL(file).href;
  });
  afterEach(() => browser.close());
  after(async () => {
    await app.stop();
    await rm(directory, { recursive: true, force: true });
  });

  for (const [size, width] of Object.entries(SIZES)) {
    for (const dark of [false, true]) {
      it(`is read on a ${size}${dark ? ' in the dark' : ''}, without script`, async () => {
        browser = await openBrowser({ width, dark, script: false });
        await browser.page.goto(page);
        await browser.screen(`review-${size}${dark ? '-dark' : ''}-1-top`);
        await browser.picture(`review-${size}${dark ? '-dark' : ''}-2-whole`);
        await expectCalm(browser, ['review.html']);
        expect(await browser.page.title()).to.equal('Access review: Access to testing tools, third quarter');
        expect(await browser.page.locator('.rows tbody tr td:nth-child(6)').count()).to.equal(127);
        const titles = await browser.page.getByRole('heading', { level: 2 }).allInnerTexts();
        expect(titles).to.deep.equal([
          'Reviewed by',
          'To be done in the identity provider',
          'Could not be taken away',
          'Taken away',
          'Kept',
        ]);
      });
    }
  }

  it('is styled, though its policy lets in nothing else', async () => {
    browser = await openBrowser({ width: SIZES.desktop });
    await browser.page.goto(page);
    const layout = await browser.page.evaluate(
      () => getComputedStyle(document.querySelector('.rows')!).tableLayout,
    );
    expect(layout).to.equal('fixed');
  });

  it('has enough contrast, on paper too', async () => {
    for (const dark of [false, true]) {
      browser = await openBrowser({ width: SIZES.desktop, dark });
      await browser.page.goto(page);
      expect(await browser.page.evaluate(lowContrast)).to.deep.equal([]);
      await browser.page.emulateMedia({ media: 'print' });
      expect(await browser.page.evaluate(lowContrast)).to.deep.equal([]);
      if (!dark) await browser.close();
    }
  });

  it('is printed on several pages, none wider than the paper, with the head of the table on each', async () => {
    browser = await openBrowser({ width: SIZES.desktop, dark: true });
    await browser.page.goto(page);
    // The width of A4 between its margins.
    await browser.page.setViewportSize({ width: 703, height: 1000 });
    await browser.page.emulateMedia({ media: 'print' });
    await browser.picture('review-print');
    const printed = await browser.page.evaluate(() => {
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      return {
        over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        head: style('.rows thead').display,
        row: style('.rows tbody tr').breakInside,
        ground: style('body').backgroundColor,
      };
    });
    expect(printed).to.deep.equal({
      over: 0,
      head: 'table-header-group',
      row: 'avoid',
      ground: 'rgb(255, 255, 255)',
    });
    const pdf = await browser.page.pdf({ format: 'A4', preferCSSPageSize: true });
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)!.length).to.be.above(3);
    if (process.env.SCREENSHOTS) await writeFile(join(process.env.SCREENSHOTS, 'review.pdf'), pdf);
  });
});
