import { expect } from 'chai';
import type { Browser } from './browser.ts';

/** Nothing but some paths was loaded, nothing was complained of, and nothing stands out over the edge. */
export async function expectCalm(browser: Browser, paths: readonly string[]): Promise<void> {
  // A page of another status than 200 is told of by the console, which is no fault of the page.
  const complaints = browser.complaints.filter((text) => !text.startsWith('Failed to load resource'));
  expect(complaints).to.deep.equal([]);
  const isExpected = (request: string) => paths.some((path) => request.includes(path));
  expect(browser.requests.filter((one) => !isExpected(one))).to.deep.equal([]);
  const overflow = await browser.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).to.equal(0);
}

/**
 * The texts of a page whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3). Runs in the page,
 * so it uses nothing from outside of itself.
 */
export function lowContrast(): string[] {
  const channel = (value: number) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) =>
      channel(Number(part) / 255),
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element | null): string => {
    for (let one = element; one; one = one.parentElement) {
      const { backgroundColor } = getComputedStyle(one);
      if (!/rgba\(.*, 0\)$/.test(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const low: string[] = [];
  for (const element of document.querySelectorAll(
    'h1, h2, h3, h4, p, li, li span, label, button, input, strong, time, a, code, pre, th, td, span',
  )) {
    const [text, ground] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (ratio < 4.5)
      low.push(`${element.tagName} ${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return low;
}
