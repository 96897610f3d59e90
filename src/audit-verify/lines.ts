import { createReadStream } from 'node:fs';

/** No event that Rollcall takes makes a longer line. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * The lines of a UTF-8 file, one at a time, without their ends (LF or CRLF); undefined for one that is longer than
 * MAX_LINE_BYTES. Only one line is in memory. Other characters that are said to end a line, such as U+2028, may stand in
 * JSON.
 */
export async function* fileLines(path: string): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const line = (): string | undefined => {
    const text = bytes > MAX_LINE_BYTES ? undefined : Buffer.concat(parts).toString('utf8');
    [parts, bytes] = [[], 0];
    return text?.endsWith('\r') ? text.slice(0, -1) : text;
  };
  const add = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > MAX_LINE_BYTES) parts = [];
    else parts.push(part);
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end));
      start = end + 1;
      yield line();
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (bytes > 0) yield line();
}
