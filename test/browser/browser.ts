import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** A window of Debian's Chromium, with a profile that is thrown away. */
export interface Browser {
  readonly page: Page;
  /** What the page's console and its policy complained of. */
  readonly complaints: string[];
  /** What the page asked for beside itself. */
  readonly requests: string[];
  /** Takes a picture of the whole page into SCREENSHOTS, when that is set. */
  readonly picture: (name: string) => Promise<void>;
  /** Takes a picture of what is in the window. */
  readonly screen: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface BrowserOptions {
  readonly width: number;
  readonly dark?: boolean;
  readonly script?: boolean;
}

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser({ width, dark = false, script = true }: BrowserOptions): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'rollcall-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ARGS,
    viewport: { width, height: width < 600 ? 800 : 900 },
    deviceScaleFactor: width < 600 ? 2 : 1,
    isMobile: width < 600,
    hasTouch: width < 600,
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
    locale: 'en-GB',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  // esbuild calls it in functions that hold others, which are sent to the page as they were compiled.
  await page.addInitScript('globalThis.__name = (value) => value;');
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
  const shot = async (name: string, fullPage: boolean) => {
    const directory = process.env.SCREENSHOTS;
    if (directory === undefined || directory === '') return;
    await page.screenshot({ path: join(directory, `${name}.png`), fullPage });
  };
  return {
    page,
    complaints,
    requests,
    picture: (name) => shot(name, true),
    screen: (name) => shot(name, false),
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
