import { expect } from 'chai';
import type { Replied, Scim } from '../bulk/answers.ts';

type Query = Readonly<Record<string, string | number>>;

/** All pages of a list from the first on, by their cursors. `between` runs after each. */
export async function pages(
  scim: Scim,
  path: string,
  query: Query,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Replied[]> {
  const found: Replied[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const page: Replied = await scim('GET', path, { query: { ...query, cursor } });
    expect(page.status, JSON.stringify(page.body)).to.equal(200);
    expect(page.body.itemsPerPage).to.equal(page.body.Resources.length);
    found.push(page);
    cursor = page.body.nextCursor;
    await between();
  }
  return found;
}

/** The ids on all pages of a list, in their order. */
export async function walk(
  scim: Scim,
  path: string,
  query: Query,
  between?: () => Promise<unknown>,
): Promise<string[]> {
  const found = await pages(scim, path, query, between);
  return found.flatMap(({ body }) => body.Resources.map(({ id }) => id));
}

/** Where a page leads on to. */
export function nextOf({ body }: Replied): string {
  expect(body.nextCursor).to.be.a('string');
  return body.nextCursor ?? '';
}

/** Where a page leads back to. */
export function previousOf({ body }: Replied): string {
  expect(body.previousCursor).to.be.a('string');
  return body.previousCursor ?? '';
}
