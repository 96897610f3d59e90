import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** A pool between, for two clients of one connection each, as PgBouncer in transaction mode is. */
export interface MixingPool {
  /** Leads to the same database through the pool. */
  readonly url: string;
  /** Gives each of the two the other's connection to the database; both must be idle. */
  readonly swap: () => void;
  readonly stop: () => Promise<void>;
}

/** Starts a pool before the database of this URL that keeps no prepared statements for its clients. */
export async function startMixingPool(databaseUrl: string): Promise<MixingPool> {
  const url = new URL(databaseUrl);
  const clients: Socket[] = [];
  const servers: Socket[] = [];
  let isSwapped = false;
  const other = (index: number) => (isSwapped ? 1 - index : index);
  const server = createServer((client) => {
    const index = clients.push(client) - 1;
    const database = connect(placeOf(url));
    servers.push(database);
    client.on('data', (data) => servers[other(index)]?.write(data));
    database.on('data', (data) => clients[other(index)]?.write(data));
    for (const socket of [client, database]) socket.on('error', () => undefined);
    client.on('close', () => database.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(databaseUrl);
  through.searchParams.delete('host');
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    swap: () => {
      isSwapped = !isSwapped;
    },
    stop: async () => {
      for (const socket of [...clients, ...servers]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function placeOf(url: URL): NetConnectOpts {
  const port = Number(url.port || 5432);
  const directory = url.searchParams.get('host');
  if (directory?.startsWith('/')) return { path: `${directory}/.s.PGSQL.${port}` };
  return { port, host: directory ?? url.hostname };
}
