import { log } from '../lib/log.ts';

/**
 * Logs what an operator has to know of a request that failed: a fault of ours is an error; 503, when the database is
 * away or the server has enough to do, is a warning on every edge. What the client did wrong is not logged.
 */
export function logProblem(
  status: number,
  error: unknown,
  request: { readonly requestId: string; readonly method?: string },
): void {
  if (status === 503) log.warn('A request could not be served.', { ...request, error });
  else if (status === 500) log.error('A request failed.', { ...request, error });
}
