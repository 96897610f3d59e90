import type { RequestHandler } from 'express';
import type { Socket } from 'node:net';
import { refusals } from '../lib/metrics.ts';
import { whenOver } from './over.ts';

/** Requests that may wait on one connection. Clients that send the next before they are answered are very rare. */
const MOST_WAITING = 8;

/** Requests that wait for the answer before theirs, by connection; there is a list while one is being answered. */
const waiting = new WeakMap<Socket, (() => void)[]>();

/**
 * Answers one request of a connection at a time. Those that a client sends ahead take nothing until their turn has come:
 * a connection, a place or a body. One that sends too many ahead loses its connection.
 */
export const oneAtATime: RequestHandler = (req, res, next) => {
  const { socket } = req;
  const begin = (): void => {
    whenOver(res, () => beginNext(socket));
    next();
  };
  const others = waiting.get(socket);
  if (!others) {
    waiting.set(socket, []);
    begin();
  } else if (others.length < MOST_WAITING) {
    others.push(begin);
  } else {
    refusals.inc({ limit: 'requests ahead', by: 'request' });
    socket.destroy();
  }
};

function beginNext(socket: Socket): void {
  const begin = waiting.get(socket)?.shift();
  if (!begin || socket.destroyed) {
    waiting.delete(socket);
    return;
  }
  // Once the answer before it has given back everything.
  process.nextTick(() => {
    if (socket.destroyed) waiting.delete(socket);
    else begin();
  });
}
