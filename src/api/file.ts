import { createHash } from 'node:crypto';
import type { ExportFile, Sent } from '../core/exports/file.ts';
import { type Answer, streamed } from './answer.ts';
import { csvChunks, jsonlChunks } from './csv.ts';

/** The media types of exports, by the ends of their names. */
const TYPES = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
  html: 'text/html; charset=utf-8',
} as const;

/** The name of a file that is downloaded: `users-2030-01-31.csv`, by the date that it tells of. */
function nameOf(what: string, ending: keyof typeof TYPES, date: Date): string {
  return `${what}-${date.toISOString().slice(0, 10)}.${ending}`;
}

/** An export as an answer in CSV. */
export function csvFile(file: ExportFile, what: string, date = new Date()): Answer<never> {
  return sent(csvChunks(file), file, 'csv', nameOf(what, 'csv', date));
}

/** An export as an answer in JSON lines. */
export function jsonlFile<C>(file: ExportFile<C>, what: string, date = new Date()): Answer<never> {
  return sent(jsonlChunks(file), file, 'jsonl', nameOf(what, 'jsonl', date));
}

/** An export as a page of its own, under a Content-Security-Policy. */
export function htmlFile<C>(
  chunks: AsyncIterable<string>,
  file: ExportFile<C>,
  page: { readonly what: string; readonly policy: string; readonly date: Date },
): Answer<never> {
  const headers = { 'Content-Security-Policy': page.policy };
  return sent(chunks, file, 'html', nameOf(page.what, 'html', page.date), headers);
}

/**
 * The file, with its SHA-256 behind it (RFC 9530), and before it where its receipt will be. That it begins is recorded
 * before anything is sent, so that nothing leaves unseen even when the process dies. The receipt is written before the
 * end is sent: who has the whole file can ask for it.
 */
function sent<C>(
  chunks: AsyncIterable<string>,
  file: ExportFile<C>,
  ending: keyof typeof TYPES,
  name: string,
  headers: Readonly<Record<string, string>> = {},
): Answer<never> {
  let digest = Buffer.alloc(0);
  const hashed = hashing(chunks, file.begin, (result) => {
    if (result.sha256 !== null) digest = Buffer.from(result.sha256, 'hex');
    return file.finish(result);
  });
  return streamed(
    TYPES[ending],
    hashed,
    {
      'Content-Disposition': `attachment; filename="${name}"`,
      'Export-Receipt': file.receipt,
      ...headers,
    },
    {
      names: ['Repr-Digest'],
      values: () => ({ 'Repr-Digest': `sha-256=:${digest.toString('base64')}:` }),
    },
  );
}

async function* hashing(
  chunks: AsyncIterable<string>,
  begin: () => Promise<void>,
  finish: (result: Sent) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  await begin();
  const hash = createHash('sha256');
  let length = 0;
  let isWhole = false;
  try {
    for await (const chunk of chunks) {
      const bytes = Buffer.from(chunk);
      hash.update(bytes);
      length += bytes.length;
      yield bytes;
    }
    isWhole = true;
  } finally {
    await finish({ sha256: isWhole ? hash.digest('hex') : null, bytes: length });
  }
}
