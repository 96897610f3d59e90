import { z } from 'zod';
import { exportReceipt, type ExportReceipt, listExportReceipts } from '../../core/exports/receipts.ts';
import { listReply } from '../lists.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { between, listByTime, newestFirstQuery, pageByTime } from '../time-page.ts';

const sha256 = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of a file, in hexadecimal');

const receipt = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  by: z.string(),
  file: z.string().describe('What was exported, such as `access.csv`.'),
  filter: z.record(z.string(), z.unknown()),
  rows: z.int(),
  sha256: z.string().nullable().describe('Of the whole file; null when it was cut off.'),
  bytes: z.int().nullable(),
  whole: z.boolean().describe('False when it was cut off.'),
});

function shown({ isWhole, at, ...one }: ExportReceipt): z.infer<typeof receipt> {
  return { ...one, at: at.toISOString(), whole: isWhole };
}

export const exportReceiptRoutes = [
  route({
    method: 'get',
    path: '/exports/receipts',
    summary: 'What was exported, when and by whom, the newest first; of a file at hand, by its SHA-256',
    description:
      'Every export sends the SHA-256 of its file behind it (`Repr-Digest`), and before it the id of its receipt ' +
      '(`Export-Receipt`). A file whose hash is listed here left Rollcall as it is. An export is listed ' +
      'once it has ended; that it began is the event `export.started`, whose `after.receipt` names its receipt.',
    scopes: READERS,
    query: z.strictObject({ ...newestFirstQuery, sha256: sha256.optional() }),
    reply: listReply(receipt),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const asked = { sha256: query.sha256, ...between(query) };
      return listByTime(await listExportReceipts(ctx, asked, pageByTime(query)), shown);
    },
  }),
  route({
    method: 'get',
    path: '/exports/receipts/{id}',
    summary: 'The receipt of one export',
    scopes: READERS,
    params: z.object({ id: z.string() }),
    reply: receipt,
    statuses: [200],
    handler: async ({ ctx, params }) => shown(await exportReceipt(ctx, params.id)),
  }),
];
