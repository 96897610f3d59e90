import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Without what concerns pages alone; SCIM, which has none, is asked most. */
const NOT_OF_PAGES = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const;

/** Headers that keep browsers from more than they need. Nothing here is a page, unless a route says otherwise. */
export function securityHeaders(publicUrl: string): RequestHandler {
  const options = {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    referrerPolicy: { policy: 'no-referrer' as const },
    strictTransportSecurity: publicUrl.startsWith('https:'),
  };
  const [forPages, forScim] = [helmet(options), helmet({ ...options, ...NOT_OF_PAGES })];
  return (req, res, next) => {
    if (req.path.startsWith('/scim/')) forScim(req, res, next);
    else forPages(req, res, next);
  };
}
