import { textOf } from './json-text.ts';
import { mannerOf } from './manner.ts';
import type { Random } from './random.ts';
import type { Draft, WireRequest } from './request.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Puts a request into bytes; one in twelve is damaged on its way. */
export function toWire(draft: Draft, token: string, target: Target, random: Random): WireRequest {
  const body = draft.body === undefined ? undefined : Buffer.from(textOf(draft.body));
  const given = new Map(draft.headers.map(([name, value]) => [name.toLowerCase(), [name, value] as const]));
  const headers: (readonly [string, string])[] = [
    ['Host', `${target.host}:${target.port}`],
    ['Connection', 'close'],
    ...(given.has('authorization') ? [] : [['Authorization', `Bearer ${token}`] as const]),
    ...(body && !given.has('content-type') ? [['Content-Type', 'application/scim+json'] as const] : []),
    ...given.values(),
  ];
  const url = draft.query === '' ? draft.path : `${draft.path}?${draft.query}`;
  const plain = { method: draft.method, path: url, headers, body };
  const isDamaged = random.once(12);
  return {
    method: draft.method,
    path: url,
    isDamaged,
    manner: isDamaged ? 'plain' : mannerOf(random),
    bytes: isDamaged ? damaged(plain, random) : bytesOf(plain),
  };
}

interface Plain {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
}

function bytesOf(
  { method, path, headers, body }: Plain,
  length: number | 'none' = body?.length ?? 'none',
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(length === 'none' ? [] : [`Content-Length: ${length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}

/** Wrong lengths, wrong bytes, wrong chunks: what a broken client or proxy sends. */
function damaged(plain: Plain, random: Random): Buffer {
  const { body = Buffer.alloc(0) } = plain;
  switch (random.number(9)) {
    case 0:
      return bytesOf(plain, body.length + 1 + random.number(500));
    case 1:
      return bytesOf(plain, Math.max(0, body.length - 1 - random.number(50)));
    case 2:
      return bytesOf({ ...plain, body: body.subarray(0, random.number(body.length + 1)) });
    case 3:
      return bytesOf({ ...plain, body: flipped(body, random) });
    case 4:
      return bytesOf({ ...plain, body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) });
    case 5:
      return bytesOf({ ...plain, body: Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x80, 0xc0, 0xaf]) });
    case 6: {
      const headers = [...plain.headers, ['Transfer-Encoding', 'chunked'] as const];
      const chunk = random.pick([
        '5\r\nhello\r\n0\r\n\r\n',
        'zz\r\nx\r\n',
        '-1\r\n',
        'ffffffffffffffff\r\nx',
        '3\r\nab',
      ]);
      return bytesOf({ ...plain, headers, body: Buffer.from(chunk) }, 'none');
    }
    case 7: {
      const bytes = bytesOf(plain);
      return bytes.subarray(0, random.number(bytes.length));
    }
    default:
      return flipped(bytesOf(plain), random);
  }
}

function flipped(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let left = 1 + random.number(4); left > 0 && copy.length > 0; left -= 1) {
    copy[random.number(copy.length)] = random.number(256);
  }
  return copy;
}
