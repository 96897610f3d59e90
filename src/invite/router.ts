import express, {
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type Response,
  Router,
} from 'express';
import type { Core } from '../core/context/core.ts';
import { acceptInvitation, openLink } from '../core/invitations/accept.ts';
import { setRoute } from '../http/access-log.ts';
import { logProblem } from '../http/log-problem.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { requestIdOf } from '../http/request-id.ts';
import { type FieldProblem, RollcallError } from '../lib/errors.ts';
import { troublePage, WRONG_LINK } from './error-page.ts';
import { documentOf, type Page } from './page.ts';
import { closedPage, invitationPage, joinedPage } from './pages.ts';
import { POLICY } from './style.ts';

/** Where `createInvite` is to be mounted. */
export const INVITE_BASE = '/invite';

/** Wrong links that one address may open in a second, with a burst of twice that. Right ones are not counted. */
const WRONG_PER_SECOND = 5;

/**
 * The invitee's pages (contract section 6): HTML without script. The token in the path is the one secret, so there are
 * no cookies, and nothing to forge. Looking at an invitation accepts nothing: mail scanners follow links.
 */
export function createInvite(options: { core: Core; rateLimitPerSecond: number }): Router {
  const { core, rateLimitPerSecond } = options;
  const limitWrong = limitByAddress(Math.min(rateLimitPerSecond, WRONG_PER_SECOND));
  const wrong = (req: Request, res: Response, next: NextFunction): void => {
    limitWrong(req, res, (error?: unknown) => {
      if (error === undefined) send(res, WRONG_LINK);
      else next(error);
    });
  };

  const router = Router();
  router.use((req, res, next) => {
    // Never the path, which holds the token.
    setRoute(req, `${INVITE_BASE}/{token}`);
    res.set({
      'Content-Security-Policy': POLICY,
      'Cache-Control': 'no-store',
      'X-Robots-Tag': 'noindex, nofollow',
    });
    next();
  });

  router.get('/:token', async (req, res, next) => {
    const link = await openLink(core, req.params.token);
    if (!link) wrong(req, res, next);
    else send(res, link.state === 'open' ? invitationPage(link) : closedPage(link));
  });

  router.post(
    '/:token',
    express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 20 }),
    express.json({ limit: '16kb' }),
    async (req: Request<{ token: string }>, res, next) => {
      const { token } = req.params;
      const answer = read(req.body);
      try {
        const accepted = await acceptInvitation(core, token, answer, requestIdOf(req));
        if (!accepted) wrong(req, res, next);
        else send(res, accepted.state === 'joined' ? joinedPage(accepted.workspace) : closedPage(accepted));
      } catch (error) {
        if (!(error instanceof RollcallError) || error.kind !== 'invalid') throw error;
        const link = await openLink(core, token);
        if (link?.state !== 'open') throw error;
        send(res, invitationPage(link, { name: answer.name ?? '', problem: said(error) }));
      }
    },
  );

  router.use(wrong);
  router.use(trouble);
  return router;
}

function send(res: Response, page: Page): void {
  res.status(page.status).type('html').send(documentOf(page));
}

const trouble: ErrorRequestHandler = (error: unknown, req, res, _next) => {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const page = troublePage(error);
  logProblem(page.status, error, { requestId: requestIdOf(req) });
  const after = error instanceof RollcallError ? error.retryAfter : undefined;
  if (after !== undefined) res.setHeader('Retry-After', String(Math.max(1, Math.ceil(after))));
  send(res, page);
};

interface Answer {
  readonly name: string | undefined;
  readonly givenName: string | undefined;
  readonly familyName: string | undefined;
}

function read(body: unknown): Answer {
  const fields = (body ?? {}) as Record<string, unknown>;
  const text = (name: string) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    // Sent as JSON it may hold half a character, which cannot be kept; a form has U+FFFD there.
    return typeof value === 'string' ? value.toWellFormed() : undefined;
  };
  return { name: text('name'), givenName: text('givenName'), familyName: text('familyName') };
}

/** What is wrong with the name, to the invitee. */
function said(error: RollcallError): string {
  const [field] = error.fields;
  return field?.problem === undefined ? 'Please write your name.' : WRONG_NAME[field.problem];
}

const WRONG_NAME: Readonly<Record<FieldProblem, string>> = {
  required: 'Please write your name.',
  too_long: 'Please write your name in at most 200 characters.',
  control_characters: 'Please write your name without line breaks or other control characters.',
};
