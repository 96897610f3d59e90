import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is to be done when an answer is over, in the order in which it was asked for. */
const endings = new WeakMap<ServerResponse, (() => void)[]>();

/** The answers of each connection that something waits for. */
const ofSocket = new WeakMap<Socket, Set<ServerResponse>>();

/** Whether an answer has been sent, or never will be: its connection is closed. */
export function isOver(res: ServerResponse): boolean {
  return res.closed || res.req.socket.destroyed;
}

/**
 * Does something once an answer is over: at once when it already is. Node tells only of the answer that is being sent
 * that its connection was closed, and of none that waits behind it: so the connection is listened to as well.
 */
export function whenOver(res: ServerResponse, work: () => void): void {
  if (isOver(res)) {
    work();
    return;
  }
  const known = endings.get(res);
  if (known) {
    known.push(work);
    return;
  }
  endings.set(res, [work]);
  const answers = answersOf(res.req.socket);
  answers.add(res);
  res.once('close', () => end(res, answers));
}

function answersOf(socket: Socket): Set<ServerResponse> {
  const known = ofSocket.get(socket);
  if (known) return known;
  const answers = new Set<ServerResponse>();
  ofSocket.set(socket, answers);
  socket.once('close', () => {
    for (const res of [...answers]) end(res, answers);
  });
  return answers;
}

function end(res: ServerResponse, answers: Set<ServerResponse>): void {
  answers.delete(res);
  const works = endings.get(res) ?? [];
  endings.delete(res);
  for (const work of works) work();
}
