import pg from 'pg';
import { log } from '../../lib/log.ts';

/** Parts of the driver's client and connection that its types leave out. */
interface Cancellable {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly sslNegotiation: string;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

interface Wire extends pg.Connection {
  readonly connect: (portOrPath: number | string, host?: string) => void;
  readonly requestSsl: () => void;
  readonly cancel: (processId: number, secretKey: number) => void;
  readonly stream: pg.Connection['stream'] & { readonly setTimeout?: unknown };
}

const DEADLINE_MS = 2_000;

/**
 * Asks the database to stop what a connection is doing, by the protocol's own cancel request on a short connection
 * beside it, which PgBouncer passes on ("Canceling Requests in Progress" in the frontend/backend protocol). Nothing
 * answers it, and it may fail: the database's own time limit ends the statement in any case.
 */
export function requestCancel(client: pg.Client): void {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client as unknown as Cancellable;
  if (processID === null || secretKey === null) return;
  const Connection = pg.Connection as unknown as new (options: object) => Wire;
  const wire = new Connection({ ssl, sslNegotiation });
  const deadline = setTimeout(() => wire.stream.destroy(), DEADLINE_MS);
  deadline.unref();
  const cancel = () => wire.cancel(processID, secretKey);
  wire.on('connect', () => {
    if (!ssl) cancel();
    else if (sslNegotiation !== 'direct') wire.requestSsl();
  });
  wire.on('sslconnect', cancel);
  wire.on('error', (error: unknown) => log.debug('A cancel request could not be sent.', { error }));
  wire.on('end', () => clearTimeout(deadline));
  if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
  else wire.connect(port, host);
}
