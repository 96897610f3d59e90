import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the database that can be cut. */
export interface Proxy {
  /** The URL of a database by way of the proxy. */
  readonly urlOf: (databaseUrl: string) => string;
  /** Ends all connections and takes no more. */
  readonly cut: () => Promise<void>;
  /** Swallows what either side says from now on, on connections that are there and on new ones, and closes none. */
  readonly silence: () => void;
  /** The same for what the database says only: it gets and does what it is told. */
  readonly silenceAnswers: () => void;
  /** Writes bytes into the connections to the application, as if the database had sent them. */
  readonly inject: (bytes: Uint8Array) => void;
  /** New connections work again; silenced ones stay so. */
  readonly mend: () => Promise<void>;
}

interface Silenced {
  all: boolean;
  answers: boolean;
}

/** Starts a proxy to the server of a PostgreSQL URL, a unix socket's too. */
export async function startProxy(serverUrl: string): Promise<Proxy> {
  const url = new URL(serverUrl);
  const directory = url.searchParams.get('host');
  const port = Number(url.port || 5432);
  const target = directory ? { path: `${directory}/.s.PGSQL.${port}` } : { host: url.hostname, port };

  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const open = new Set<Silenced>();
  let mode: keyof Silenced | undefined;
  const server = createServer((client) => {
    const upstream = connect(target);
    const silenced: Silenced = { all: mode === 'all', answers: mode === 'answers' };
    open.add(silenced);
    clients.add(client);
    client.on('close', () => {
      open.delete(silenced);
      clients.delete(client);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (!silenced.all) upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!silenced.all && !silenced.answers) client.write(data);
    });
    client.on('end', () => upstream.end());
    upstream.on('end', () => {
      if (!silenced.all && !silenced.answers) client.end();
    });
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
    silence: () => {
      mode = 'all';
      for (const one of open) one.all = true;
    },
    silenceAnswers: () => {
      mode = 'answers';
      for (const one of open) one.answers = true;
    },
    inject: (bytes) => {
      for (const client of clients) client.write(bytes);
    },
    mend: async () => {
      mode = undefined;
      if (server.listening) return;
      server.listen(own, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}
