import type { Request } from 'express';
import { cancelled } from '../lib/gate.ts';
import { whenOver } from './over.ts';

const signals = new WeakMap<Request, AbortSignal>();

/** A signal that aborts when the client closes the connection before the whole answer was sent. */
export function hangUpOf(req: Request): AbortSignal {
  const known = signals.get(req);
  if (known) return known;
  const controller = new AbortController();
  const { res } = req;
  const abort = (): void => {
    if (res?.writableFinished !== true) controller.abort(cancelled());
  };
  if (res) whenOver(res, abort);
  signals.set(req, controller.signal);
  return controller.signal;
}
