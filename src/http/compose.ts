import type { RequestHandler } from 'express';

/**
 * Several middleware functions as one. Express asks of each layer whether the path is its own, and keeps its place
 * anew; for those that every request goes through, that costs more than most of them do.
 */
export function inOrder(...handlers: readonly RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    let place = 0;
    const go = (outcome?: unknown): void => {
      // Also 'route' and 'router', which are Express' own words.
      if (outcome !== undefined && outcome !== null) {
        next(outcome);
        return;
      }
      const handler = handlers[place++];
      if (!handler) {
        next();
        return;
      }
      try {
        void handler(req, res, go);
      } catch (error) {
        next(error);
      }
    };
    go();
  };
}
