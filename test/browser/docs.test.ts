import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { openBrowser, type Browser } from './browser.ts';
import { expectCalm, lowContrast } from './looks.ts';

const SIZES = { phone: 360, desktop: 1280 } as const;

describe('the description of the API in a browser', () => {
  let app: TestApp;
  let browser: Browser;

  before(async () => {
    app = await startApp({ jobs: null });
  });
  afterEach(() => browser.close());
  after(() => app.stop());

  for (const [size, width] of Object.entries(SIZES)) {
    for (const dark of [false, true]) {
      it(`is read on a ${size}${dark ? ' in the dark' : ''}, without script`, async () => {
        browser = await openBrowser({ width, dark, script: false });
        const { page } = browser;
        await page.goto(`${app.url}/docs`);
        const name = `docs-${size}${dark ? '-dark' : ''}`;
        await browser.screen(`${name}-1-top`);
        expect(await page.title()).to.equal('Rollcall API');
        await expectCalm(browser, ['/docs']);

        const article = page.locator('#invite');
        await page.goto(`${app.url}/docs#invite`);
        await browser.screen(`${name}-2-invite`);
        await expectInSight(article);
        const text = await article.innerText();
        for (const said of ['/invitations', 'POST', 'emails', 'Body', 'Answer', '201', 'curl']) {
          expect(text).to.contain(said);
        }
        await page.goto(`${app.url}/docs#listUsers`);
        await browser.screen(`${name}-3-list`);
        await page.goto(`${app.url}/docs#schemas`);
        await browser.screen(`${name}-4-schemas`);
        await expectCalm(browser, ['/docs']);
      });
    }
  }

  it('leads from its contents to each resource, and to the document', async () => {
    browser = await openBrowser({ width: SIZES.desktop });
    const { page } = browser;
    await page.goto(`${app.url}/docs`);
    const contents = page.getByRole('navigation', { name: 'Contents' });
    await contents.getByRole('link', { name: 'Invitations', exact: true }).click();
    await expectInSight(page.getByRole('heading', { level: 2, name: 'Invitations', exact: true }));
    await contents.getByRole('link', { name: 'POST /invitations', exact: true }).click();
    await expectInSight(page.locator('#invite'));
    await page.getByRole('link', { name: 'openapi.json' }).click();
    await page.waitForURL(`${app.url}/api/v1/openapi.json`);
  });

  it('has enough contrast', async () => {
    for (const dark of [false, true]) {
      browser = await openBrowser({ width: SIZES.desktop, dark });
      await browser.page.goto(`${app.url}/docs`);
      expect(await browser.page.evaluate(lowContrast)).to.deep.equal([]);
      if (!dark) await browser.close();
    }
  });

  /** Its beginning is in the window. */
  async function expectInSight(locator: ReturnType<Browser['page']['locator']>): Promise<void> {
    const box = await locator.boundingBox();
    expect(box?.y).to.be.within(-1, browser.page.viewportSize()!.height - 40);
  }
});
