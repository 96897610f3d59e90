import { type RequestHandler, Router } from 'express';
import { createHash } from 'node:crypto';
import { setRoute } from '../../http/access-log.ts';
import type { Route } from '../route.ts';
import { openApiDocument } from './document.ts';
import { documentPage } from './page/page.ts';
import { POLICY } from './page/style.ts';

const PAGE = '/docs';

/**
 * The description of routes that are mounted at `base`: `openapi.json` below it for programs, /docs for people. Both
 * hold nothing of any workspace, so they ask for no token, may be kept, and are made once, when first asked for.
 */
export function createDescription(options: {
  readonly routes: readonly Route[];
  readonly publicUrl: string;
  readonly base: string;
}): Router {
  const { routes, publicUrl, base } = options;
  const json = `${base}/openapi.json`;
  const document = once(() => openApiDocument(routes, `${publicUrl}${base}`));
  const router = Router({ caseSensitive: true });
  router.get(
    json,
    kept(json, 'application/json', () => JSON.stringify(document())),
  );
  // The page's links are relative: a proxy may have put us below a path of its own.
  const page = () => documentPage(document(), json.slice(1));
  router.get(PAGE, kept(PAGE, 'text/html', page, { 'Content-Security-Policy': POLICY }));
  return router;
}

function kept(
  path: string,
  type: string,
  make: () => string,
  headers: Readonly<Record<string, string>> = {},
): RequestHandler {
  const made = once(() => {
    const text = make();
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
  });
  return (req, res) => {
    setRoute(req, path);
    const { text, etag } = made();
    res.set({ ...headers, ETag: etag, 'Cache-Control': 'public, max-age=300' });
    res.type(type).send(text);
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
