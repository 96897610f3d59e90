import type { Reply, Send } from './exchange.ts';
import { GROUP, type Server, USER } from './server.ts';
import { at, items, textAt } from './values.ts';

/** Remembers what was made on the server, and takes it away. */
export interface Janitor {
  /** Looks at every answer for something that was made. */
  readonly saw: (reply: Reply, method: string, path: string) => void;
  /** Deletes what was made; gives the paths that could not be deleted. */
  readonly clean: (send: Send, server: Server | undefined) => Promise<readonly string[]>;
}

/** `prefix` begins the userName and displayName of everything that the tester makes. */
export function createJanitor(prefix: string): Janitor {
  const made = new Set<string>();

  function saw(reply: Reply, method: string, path: string): void {
    const id = textAt(reply.body, 'id');
    if (reply.status === 201 && id !== undefined) {
      made.add(method === 'POST' ? `${path}/${id}` : path);
    }
    for (const operation of items(at(reply.body, 'Operations'))) {
      const location = textAt(operation, 'location');
      if (textAt(operation, 'method') === 'POST' && location !== undefined) made.add(lastTwo(location));
    }
  }

  async function clean(send: Send, server: Server | undefined): Promise<readonly string[]> {
    for (const path of await forgotten(send, prefix, server)) made.add(path);
    const left: string[] = [];
    // Groups first: some servers keep a user who is a member.
    const groups = server?.groups ?? '/Groups';
    const paths = [...made].toSorted((a, b) => Number(b.startsWith(groups)) - Number(a.startsWith(groups)));
    for (const path of paths) {
      const gone = await send('DELETE', path).then(
        ({ status }) => status === 204 || status === 200 || status === 404,
        () => false,
      );
      if (!gone) left.push(path);
    }
    return left;
  }

  return { saw, clean };
}

/** `https://example.com/v2/Users/2819c223` as `/Users/2819c223`. */
function lastTwo(location: string): string {
  return `/${location.split('/').slice(-2).join('/')}`;
}

/** What was made by a request whose answer was lost. */
async function forgotten(send: Send, prefix: string, server: Server | undefined): Promise<readonly string[]> {
  const found: string[] = [];
  const lists = [
    [server?.users ?? '/Users', 'userName', USER],
    [server?.groups ?? '/Groups', 'displayName', GROUP],
  ] as const;
  for (const [endpoint, name] of lists) {
    const reply = await send('GET', endpoint, {
      query: { filter: `${name} sw "${prefix}"`, count: 500 },
    }).catch(() => undefined);
    for (const resource of items(at(reply?.body, 'Resources'))) {
      const id = textAt(resource, 'id');
      // A server that ignores filters must not lose what is its own.
      if (id !== undefined && textAt(resource, name)?.startsWith(prefix) === true)
        found.push(`${endpoint}/${id}`);
    }
  }
  return found;
}
