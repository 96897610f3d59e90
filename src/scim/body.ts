import express, { type RequestHandler } from 'express';
import { RollcallError } from '../errors.ts';
import { MAX_PAYLOAD_BYTES } from './bulk/request.ts';
import { isNestedDeeper } from './json.ts';
import { ScimError } from './scim-error.ts';

/** A group of 100,000 members in one PUT is 12 MB. */
const BODY_LIMIT = 16 * 1_048_576;
/** No message of SCIM has more than ten levels. */
const MAX_DEPTH = 64;

const json = { type: () => true, strict: false };
const parseJson: RequestHandler = express.json({ ...json, limit: BODY_LIMIT });
const parseBulk: RequestHandler = express.json({ ...json, limit: MAX_PAYLOAD_BYTES });

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Reads the body of what has one, JSON (RFC 7644 section 3.8). Of what has none its type does not matter: some clients
 * always send one.
 */
export const readBody: RequestHandler = (req, res, next) => {
  if (!WITH_BODY.has(req.method)) {
    // scimmy's router would read what came all the same.
    req.resume().once('end', next);
    return;
  }
  if (!isAccepted(req.get('content-type'))) {
    throw new RollcallError('unsupported', 'Send application/scim+json or application/json.');
  }
  const parse = /^\/Bulk\/?$/i.test(req.path) ? parseBulk : parseJson;
  parse(req, res, (error?: unknown) => {
    if (error !== undefined) next(error);
    // The parser makes {} of an empty text.
    else if (req.body === undefined || req.get('content-length') === '0') {
      next(new ScimError(400, 'invalidSyntax', 'The request has no body.'));
    } else if (isNestedDeeper(req.body, MAX_DEPTH)) {
      // Nobody may look at it again, the log neither: walking it would take the stack.
      req.body = undefined;
      next(new ScimError(400, 'invalidSyntax', `The body may be nested ${MAX_DEPTH} deep at most.`));
    } else next();
  });
};

/** RFC 7644 section 3.8, and what clients send in its place. A body without a type is taken for JSON. */
function isAccepted(type = ''): boolean {
  return type.trim() === '' || /^\s*application\/(?:scim\+)?json\s*(?:;|$)/i.test(type);
}
