import { createServer, type IncomingMessage } from 'node:http';
import { openBare } from './bare-store.ts';

/** What node:http and the driver can do at most: one query by a unique key, and one INSERT with its COMMIT. */
const { port, find, insert, group } = openBare();

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function answer(req: IncomingMessage): Promise<[number, string]> {
  if (req.method === 'POST') return [201, JSON.stringify(await insert(await bodyOf(req)))];
  const [, kind, id = ''] = (req.url ?? '').split('/');
  if (kind === 'groups') return [200, (await group(id)) ?? '{}'];
  const found = await find(id);
  return found ? [200, JSON.stringify(found)] : [404, '{}'];
}

createServer((req, res) => {
  answer(req).then(
    ([status, text]) => {
      res.writeHead(status, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      });
      res.end(text);
    },
    (error: unknown) => res.writeHead(500).end(String(error)),
  );
}).listen(port, '127.0.0.1');
