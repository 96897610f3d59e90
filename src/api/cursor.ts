import type { z } from 'zod';
import { invalid } from '../lib/errors.ts';

/** A place in a list as a text that clients hand back as it is. */
export function encodeCursor(place: object): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place that a cursor names. Throws `invalid` for a text that is no cursor of this list. */
export function decodeCursor<S extends z.ZodType>(schema: S, cursor: string): z.output<S> {
  const read = schema.safeParse(parse(cursor));
  if (read.success) return read.data;
  throw invalid('cursor', 'This is no cursor of this list; begin again without one.');
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
