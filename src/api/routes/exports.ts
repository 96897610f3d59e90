import { z } from 'zod';
import { exportAccess, exportUsers, type ExportFile } from '../../core/exports.ts';
import { streamed, type Answer } from '../answer.ts';
import { csvChunks, jsonlChunks } from '../csv.ts';
import { timeSchema } from '../newest-first.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { statusesSchema } from './users.ts';

const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8', chunks: csvChunks },
  jsonl: { type: 'application/x-ndjson; charset=utf-8', chunks: jsonlChunks },
} as const;

/** A "+" that was not escaped arrives as a space. */
const asOf = z
  .string()
  .transform((text) => text.replace(' ', '+'))
  .pipe(timeSchema)
  .transform((text) => new Date(text))
  .optional();

function sent(
  file: ExportFile,
  what: string,
  format: keyof typeof FORMATS,
  at: Date | undefined,
): Answer<never> {
  const { type, chunks } = FORMATS[format];
  const date = (at ?? new Date()).toISOString().slice(0, 10);
  return streamed(type, chunks(file), {
    'Content-Disposition': `attachment; filename="${what}-${date}.${format}"`,
  });
}

function routesOf(format: keyof typeof FORMATS) {
  const how = format === 'csv' ? 'as CSV' : 'as JSON lines';
  return [
    route({
      method: 'get',
      path: `/exports/users.${format}`,
      summary: `The users of some statuses (active and inactive), now or as of a time, ${how}`,
      scopes: READERS,
      query: z.strictObject({ status: statusesSchema.optional(), asOf }),
      statuses: [200],
      handler: async ({ core, caller, query }) => {
        const asked = { name: `users.${format}`, statuses: query.status, asOf: query.asOf };
        return sent(await exportUsers(core, caller, asked), 'users', format, query.asOf);
      },
    }),
    route({
      method: 'get',
      path: `/exports/access.${format}`,
      summary: `Who has what by which way, now or as of a time, ${how}`,
      scopes: READERS,
      query: z.strictObject({ asOf }),
      statuses: [200],
      handler: async ({ core, caller, query }) => {
        const asked = { name: `access.${format}`, asOf: query.asOf };
        return sent(await exportAccess(core, caller, asked), 'access', format, query.asOf);
      },
    }),
  ];
}

export const exportRoutes = [...routesOf('csv'), ...routesOf('jsonl')];
