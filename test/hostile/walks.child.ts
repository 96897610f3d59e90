import { csvChunks, jsonlChunks } from '../../src/api/csv.ts';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { verifyAudit } from '../../src/core/audit/chain/verify.ts';
import { listAudit } from '../../src/core/audit/list.ts';
import type { Caller } from '../../src/core/context/caller.ts';
import { contextOf } from '../../src/core/context/context.ts';
import type { Core } from '../../src/core/context/core.ts';
import { deriveSigningKey } from '../../src/core/context/signing.ts';
import { exportAudit, exportChain } from '../../src/core/exports/audit.ts';
import { eraseUser } from '../../src/core/users/erase.ts';
import type { WorkspaceId } from '../../src/lib/ids.ts';
import { openDb } from '../../src/store/db/pool.ts';

/** Walks what is stored in one way, in a process of its own, and writes what it saw and its greatest size as JSON. */
const [url, workspaceId, what, user] = process.argv.slice(2) as [string, WorkspaceId, string, string];
const db = openDb({ url, poolSize: 24 });
const core: Core = { db, signing: deriveSigningKey('a secret of the tests, long enough') };
const caller: Caller = { workspaceId, actor: { kind: 'system', name: 'Tester' }, requestId: 'test' };
const period = { from: undefined, to: undefined };

async function bytesOf(chunks: AsyncIterable<string>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += Buffer.byteLength(chunk);
  return bytes;
}

async function pages(): Promise<object> {
  let [count, most, bytes] = [0, 0, 0];
  let after: Parameters<typeof listAudit>[2]['after'];
  do {
    const page = await listAudit(contextOf(core, caller), {}, { limit: 500, after });
    const size = Buffer.byteLength(JSON.stringify(page.items));
    count += page.items.length;
    bytes += size;
    most = Math.max(most, size);
    after = page.next ?? undefined;
  } while (after);
  return { count, most, bytes };
}

/** Ten readers who take a little and then nothing. */
async function slowReaders(): Promise<object> {
  const readers = Array.from({ length: 10 }, () =>
    csvChunks(exportAudit(contextOf(core, caller), 'audit.csv', period)),
  );
  let bytes = 0;
  for (let round = 0; round < 20; round++)
    for (const { value } of await Promise.all(readers.map((reader) => reader.next())))
      bytes += String(value).length;
  await Promise.all(readers.map((reader) => reader.return(undefined)));
  return { bytes };
}

const WALKS: Readonly<Record<string, () => Promise<object>>> = {
  seal: async () => {
    await sealAudit(core);
    return {};
  },
  verify: async () => {
    const { ok, events, sealed } = await verifyAudit(core, workspaceId);
    return { ok, events, sealed };
  },
  csv: async () => ({
    bytes: await bytesOf(csvChunks(exportAudit(contextOf(core, caller), 'audit.csv', period))),
  }),
  jsonl: async () => ({
    bytes: await bytesOf(jsonlChunks(exportChain(contextOf(core, caller), 'audit.jsonl', period))),
  }),
  pages,
  slowReaders,
  erase: async () => {
    await eraseUser(contextOf(core, caller), user);
    return {};
  },
};

const found = await WALKS[what]!();
process.stdout.write(JSON.stringify({ ...found, peak: process.resourceUsage().maxRSS * 1024 }));
await db.destroy();
