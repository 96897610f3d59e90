import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A mail server that does something odd at one point. */
export interface OddServer {
  readonly url: string;
  /** How many messages came to their end. */
  readonly messages: () => number;
  readonly stop: () => void;
}

/** Reads a message to its end and hangs up without a word. */
export function startSilentServer(): Promise<OddServer> {
  return listen({
    onData: (socket) => void socket.write('354 Go on\r\n'),
    onEnd: (socket) => void socket.destroy(),
  });
}

/** Lets a message wait once DATA was said, until it may go on. */
export async function startSlowReader(waits: () => void): Promise<OddServer & { goOn: () => void }> {
  let goOn = (): void => undefined;
  const server = await listen({
    onData: (socket) => {
      goOn = () => void socket.write('354 Go on\r\n');
      waits();
    },
    onEnd: (socket) => void socket.write('250 Taken\r\n'),
  });
  return { ...server, goOn: () => goOn() };
}

interface Oddness {
  readonly onData: (socket: Socket) => void;
  readonly onEnd: (socket: Socket) => void;
}

/** As much of RFC 5321 as our own client says. */
async function listen({ onData, onEnd }: Oddness): Promise<OddServer> {
  let messages = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('220 odd\r\n');
    let inData = false;
    let read = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      read += text;
      if (inData) {
        if (!read.endsWith('\r\n.\r\n')) return;
        messages++;
        inData = false;
        read = '';
        onEnd(socket);
        return;
      }
      if (!read.endsWith('\r\n')) return;
      const command = read.slice(0, 4).toUpperCase();
      read = '';
      if (command === 'DATA') {
        inData = true;
        onData(socket);
      } else {
        socket.write('250 Fine\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: () => messages,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
