import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { log } from '../lib/log.ts';
import { refusals } from '../lib/metrics.ts';
import { answerPace, type LeastPace, type Pace } from './answer-pace.ts';
import { tokenIfAny } from './bearer.ts';
import { whenOver } from './over.ts';

/** What a process lets clients hold by their connections. */
export interface ConnectionLimits {
  /** Connections at once, of one address and in all. */
  readonly perAddress: number;
  readonly total: number;
  /** Bytes of answers that the clients of one workspace have not read yet. */
  readonly unsentPerWorkspace: number;
  readonly pace: LeastPace;
}

/** The connections of a server. */
export interface Connections {
  /** Whether the beginning of an answer has been sent on a connection, and its end has not. */
  readonly isAnswering: (socket: Duplex) => boolean;
  /** Says on what has not been answered yet, and on all that is to come, that the connection will be closed. */
  readonly announceClose: () => void;
  /** Closes the connections that have had nothing to answer for some milliseconds since `announceClose`. */
  readonly closeIdle: (forMs: number) => void;
}

/** An address and its connections. */
interface Address {
  readonly name: string;
  count: number;
  /** Those with nothing to answer, the one that has been idle for longest first. */
  readonly idle: Set<Connection>;
}

interface Connection {
  readonly socket: Socket;
  readonly address: Address;
  /** The answers under way, and how fast each is read. */
  readonly answers: Map<ServerResponse, Pace>;
  /** When it last had something to answer, or was opened. */
  idleSince: number;
}

const SWEEP_MS = 1_000;

/**
 * Bounds what clients hold by keeping connections open. When there is no room for another, the one that has been idle
 * for longest makes way, or the new one is refused. Answers that are read too slowly are cut off.
 */
export function watchConnections(server: Server, limits: ConnectionLimits): Connections {
  const connections = new Map<Duplex, Connection>();
  const perAddress = new Map<string, Address>();
  /** Those with nothing to answer, the one that has been idle for longest first. */
  const idle = new Set<Connection>();
  let closingSince: number | undefined;

  const addressOf = (name: string): Address => {
    const known = perAddress.get(name) ?? { name, count: 0, idle: new Set() };
    perAddress.set(name, known);
    return known;
  };

  const forget = (connection: Connection): void => {
    if (!connections.delete(connection.socket)) return;
    begins(connection);
    const { address } = connection;
    address.count -= 1;
    if (address.count === 0) perAddress.delete(address.name);
  };

  const begins = (connection: Connection): void => {
    idle.delete(connection);
    connection.address.idle.delete(connection);
  };

  const idles = (connection: Connection): void => {
    connection.idleSince = Date.now();
    if (!connections.has(connection.socket)) return;
    idle.add(connection);
    connection.address.idle.add(connection);
  };

  const makeRoom = ([idlest]: Iterable<Connection>): boolean => {
    if (!idlest) return false;
    forget(idlest);
    idlest.socket.destroy();
    return true;
  };

  const hasRoom = (name: string): boolean => {
    const address = perAddress.get(name);
    if (address && address.count >= limits.perAddress) return makeRoom(address.idle);
    return connections.size < limits.total || makeRoom(idle);
  };

  server.on('connection', (socket) => {
    const name = ipKeyGenerator(socket.remoteAddress ?? 'unknown');
    if (!hasRoom(name)) {
      refusals.inc({ limit: 'connections', by: 'process' });
      socket.destroy();
      return;
    }
    const address = addressOf(name);
    const connection: Connection = { socket, address, answers: new Map(), idleSince: Date.now() };
    connections.set(socket, connection);
    address.count += 1;
    idles(connection);
    socket.once('close', () => forget(connection));
  });

  // Before the application, which may answer at once.
  server.prependListener('request', ({ socket }, res) => {
    if (closingSince !== undefined) res.shouldKeepAlive = false;
    const connection = connections.get(socket);
    if (!connection) return;
    connection.answers.set(res, answerPace(limits.pace));
    begins(connection);
    whenOver(res, () => {
      connection.answers.delete(res);
      if (connection.answers.size === 0) idles(connection);
    });
  });

  const sweep = setInterval(() => {
    const now = Date.now();
    const unsent = new Map<string, ServerResponse[]>();
    for (const { answers } of connections.values()) {
      for (const [res, isInTime] of answers) {
        if (!isInTime(res, now)) cut(res, 'answer speed', 'request');
        else if (res.writableLength > 0) collect(unsent, res);
      }
    }
    for (const answers of unsent.values()) cutBeyond(limits.unsentPerWorkspace, answers);
  }, SWEEP_MS);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));

  return {
    isAnswering: (socket) =>
      [...(connections.get(socket)?.answers.keys() ?? [])].some(({ headersSent }) => headersSent),
    announceClose: () => {
      closingSince ??= Date.now();
      for (const { answers } of connections.values())
        for (const res of answers.keys()) if (!res.headersSent) res.shouldKeepAlive = false;
    },
    closeIdle: (forMs) => {
      const now = Date.now();
      for (const { socket, answers, idleSince } of connections.values()) {
        if (answers.size === 0 && now - Math.max(idleSince, closingSince ?? now) >= forMs) socket.destroy();
      }
    },
  };
}

function collect(unsent: Map<string, ServerResponse[]>, res: ServerResponse): void {
  const workspaceId = tokenIfAny(res.req as Request)?.workspaceId ?? 'none';
  const others = unsent.get(workspaceId);
  if (others) others.push(res);
  else unsent.set(workspaceId, [res]);
}

/** Cuts off the answers of which most is unsent, until the rest is within the limit. */
function cutBeyond(limit: number, answers: ServerResponse[]): void {
  let total = answers.reduce((sum, { writableLength }) => sum + writableLength, 0);
  if (total <= limit) return;
  for (const res of answers.sort((a, b) => b.writableLength - a.writableLength)) {
    if (total <= limit) return;
    total -= res.writableLength;
    cut(res, 'unsent answers', 'workspace');
  }
}

function cut(res: ServerResponse, limit: string, by: 'request' | 'workspace'): void {
  refusals.inc({ limit, by });
  log.info('An answer that was read too slowly was cut off.', { limit, unsent: res.writableLength });
  res.socket?.destroy();
}
