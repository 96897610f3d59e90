import { createHash } from 'node:crypto';

/**
 * The Content-Security-Policy of a page that loads nothing: it allows the one style that stands in the page, by its hash.
 * Forms go nowhere, or to where the page came from.
 */
export function pagePolicy(style: string, forms: 'none' | 'self'): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    `form-action '${forms}'`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}
