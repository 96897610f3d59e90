import type { Response } from 'express';
import type { Problem } from './errors.ts';

const failures = new WeakMap<Response, Problem>();

/**
 * Keeps the error that a request is answered with. A verb keeps it before its error goes through scimmy's router, which
 * would word it anew; the reply and the provisioning log read it.
 */
export function keepFailure(res: Response, problem: Problem): void {
  failures.set(res, problem);
}

/** The error that a request is answered with; undefined when nothing went wrong. */
export function failureOf(res: Response): Problem | undefined {
  return failures.get(res);
}
