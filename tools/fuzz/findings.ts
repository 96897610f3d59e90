import type { WireRequest } from './request.ts';
import type { Answer } from './send.ts';

/** A request that should not have been answered the way it was. */
export interface Finding {
  readonly index: number;
  readonly what: string;
  readonly request: WireRequest;
  readonly answer: Answer;
}

/** What is wrong with an answer, or undefined. A damaged request may go without one. */
export function problemOf(request: WireRequest, answer: Answer): string | undefined {
  const { status, error } = answer;
  // Who does not stay to the end need not get an answer; that the server stands it shows in all the others.
  if (request.manner !== 'plain' && status === 0) return undefined;
  if (error === 'timeout') return 'no answer in time';
  if (status === 0) return request.isDamaged ? undefined : `no answer: ${error ?? 'closed'}`;
  if (status === 501 && isMe(request)) return undefined;
  if (status >= 500) return `answered with ${status}`;
  if (status >= 400) return wrongErrorForm(request, answer);
  return undefined;
}

/** RFC 7644 section 3.11: 501 is the answer of a server that does not have it. */
function isMe(request: WireRequest): boolean {
  return /^\/scim\/v2\/me(?:[/?]|$)/i.test(request.path);
}

/** An error of the SCIM side is a SCIM Error (RFC 7644 section 3.12), whatever the request was. */
function wrongErrorForm(request: WireRequest, answer: Answer): string | undefined {
  if (
    !request.path.startsWith('/scim/v2/') ||
    request.isDamaged ||
    request.manner !== 'plain' ||
    request.method === 'HEAD'
  )
    return undefined;
  // What node's own parser refuses, no route ever sees.
  if (!answer.headers.has('x-request-id')) return undefined;
  const type = answer.headers.get('content-type');
  if (type !== 'application/scim+json') return `a ${answer.status} with the type ${type ?? 'of nothing'}`;
  try {
    const body = JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as { status?: unknown };
    return body.status === String(answer.status)
      ? undefined
      : `a ${answer.status} whose body says ${String(body.status)}`;
  } catch {
    return `a ${answer.status} whose body is no JSON`;
  }
}

/** Findings that say the same of the same endpoint, with the shortest request first. */
export function grouped(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { method, path } = finding.request;
    const endpoint = path
      .replace(/\?.*$/, '')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}')
      .slice(0, 60);
    const key = `${finding.what} ${method} ${endpoint}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(finding);
  }
  return [...groups.values()].map((group) =>
    group.toSorted((a, b) => a.request.bytes.length - b.request.bytes.length),
  );
}

/** A command that sends the same bytes again, from a file that holds them. */
export function reproduction(file: string, port: number): string {
  return `nc -q 5 127.0.0.1 ${port} < ${file}`;
}

/** The request as text, shortened. */
export function shownRequest(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString('latin1')).slice(1, -1).replaceAll('\\r\\n', '\n      ');
  return text.length > 1500 ? `${text.slice(0, 1500)}… (${bytes.length} bytes)` : text;
}
