import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to the database that can be cut. */
export interface Proxy {
  /** The URL of a database by way of the proxy. */
  readonly urlOf: (databaseUrl: string) => string;
  /** Ends all connections and takes no more. */
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
}

/** Starts a proxy to the server of a PostgreSQL URL, a unix socket's too. */
export async function startProxy(serverUrl: string): Promise<Proxy> {
  const url = new URL(serverUrl);
  const directory = url.searchParams.get('host');
  const port = Number(url.port || 5432);
  const target = directory ? { path: `${directory}/.s.PGSQL.${port}` } : { host: url.hostname, port };

  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;

  return {
    urlOf: (databaseUrl) => {
      const through = new URL(databaseUrl);
      through.host = `127.0.0.1:${own}`;
      through.searchParams.delete('host');
      return through.href;
    },
    cut: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend: async () => {
      server.listen(own, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}
