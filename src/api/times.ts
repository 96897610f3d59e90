import { z } from 'zod';

const EXAMPLE = 'must be a time such as 2030-01-31T12:00:00Z';
/** Times that have four digits of a year in UTC, as everything here writes them; PostgreSQL has no year 0. */
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a time that was read lies in the years 1 to 9999. */
function isWritable(text: string): boolean {
  const time = Date.parse(text);
  return time >= EARLIEST && time <= LATEST;
}

/** A time in a query or body: RFC 3339, with its zone, in the years 1 to 9999 of UTC. */
export const timeSchema = z.iso
  .datetime({ offset: true, error: EXAMPLE, abort: true })
  .refine(isWritable, EXAMPLE);

/** The same in any year, for whoever says of each time what is wrong with it. */
export const anyTimeSchema = z.iso.datetime({ offset: true, error: EXAMPLE });

/** A time in a query, read. A "+" that was not escaped arrives as a space. */
export const momentSchema = z
  .string()
  .transform((text) => text.replace(' ', '+'))
  .pipe(timeSchema)
  .transform((text) => new Date(text));

/** A time within a cursor, as we write it: UTC. */
export const cursorTimeSchema = z.iso.datetime({ abort: true }).refine(isWritable);
