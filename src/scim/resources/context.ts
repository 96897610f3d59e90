import type { Response } from 'express';
import type { Context } from '../../core/context/context.ts';
import type { ExpectedVersions } from '../../core/users/replace.ts';
import { keepFailure } from '../http/failure.ts';
import { explain } from '../http/reply.ts';

/** What a verb needs to answer; made by the router for each request. */
export interface ScimContext extends Context {
  /** What locations begin with, without a slash at its end. */
  readonly publicUrl: string;
  /** The versions that a change is for. */
  readonly expected: ExpectedVersions;
  /** What cursors are sealed with. */
  readonly cursorKey: Uint8Array;
}

/** Throws `rate_limited` while the workspace has written more than it may. */
export function admitWrite({ core, caller }: ScimContext): void {
  core.writeBudget?.admit(caller.workspaceId);
}

/** What scimmy's router hands to a resource class: the context, and the response that the answer will be. */
export interface RoutedContext {
  readonly scim: ScimContext;
  readonly res: Response;
}

/**
 * Runs one verb for scimmy's router. That would tell an error in its own words, and some not at all, so the problem is
 * kept for `adaptReplies` (http/failure.ts) before the error goes on its way.
 */
export async function guarded<T>(
  { scim, res }: RoutedContext,
  verb: (ctx: ScimContext) => Promise<T>,
): Promise<T> {
  try {
    return await verb(scim);
  } catch (error) {
    keepFailure(res, explain(error, { method: res.req.method, requestId: scim.caller.requestId }));
    throw error;
  }
}
