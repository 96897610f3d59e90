import { expect } from 'chai';
import type { Body, ScimClient, ScimReply } from '../http/client.ts';

type Query = Readonly<Record<string, string | number>>;

/** All pages of a list from the first on, by their cursors. `between` runs after each. */
export async function pages(
  scim: ScimClient,
  path: string,
  query: Query,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<ScimReply[]> {
  const found: ScimReply[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const page: ScimReply = await scim('GET', path, { query: { ...query, cursor } });
    expect(page.status, JSON.stringify(page.body)).to.equal(200);
    expect(page.body.itemsPerPage).to.equal(page.body.Resources.length);
    found.push(page);
    cursor = page.body.nextCursor as string | undefined;
    await between();
  }
  return found;
}

/** The ids on all pages of a list, in their order. */
export async function walk(
  scim: ScimClient,
  path: string,
  query: Query,
  between?: () => Promise<unknown>,
): Promise<string[]> {
  const found = await pages(scim, path, query, between);
  return found.flatMap(({ body }) => (body.Resources as Body[]).map(({ id }) => id as string));
}
