import type { Response } from 'express';
import type { Caller } from '../../core/caller.ts';
import type { Core } from '../../core/core.ts';
import type { ExpectedVersions } from '../../core/users/replace.ts';
import { explain } from '../reply.ts';

/** What a resource needs to answer one request; made by the router for each. */
export interface ScimContext {
  readonly core: Core;
  readonly caller: Caller;
  /** What locations begin with, without a slash at its end. */
  readonly publicUrl: string;
  readonly expected: ExpectedVersions;
  readonly res: Response;
}

/**
 * Runs one verb. scimmy's router would tell an error in its own words, and some not at all, so the problem is kept
 * for `adaptReplies` before the error goes on its way.
 */
export async function guarded<T>(ctx: ScimContext, verb: () => Promise<T>): Promise<T> {
  try {
    return await verb();
  } catch (error) {
    ctx.res.locals['problem'] = explain(error, ctx.res.req);
    throw error;
  }
}

/**
 * `If-Match` as versions (RFC 7644 section 3.14): undefined for any; a tag that isn't ours matches nothing. Weak tags
 * are what we give out, so they are compared as they are.
 */
export function expectedVersions(header: string | undefined): ExpectedVersions {
  if (header === undefined || header.trim() === '*') return undefined;
  return header.split(',').map((tag) => Number(/^\s*(?:W\/)?"(\d+)"\s*$/.exec(tag)?.[1] ?? NaN));
}
