import { Failure } from './check.ts';
import type { Exchange, Reply, Send, SendOptions } from './exchange.ts';

export interface ClientOptions {
  /** The service provider's base URL, such as `https://example.com/scim/v2`. */
  readonly base: string;
  readonly token: string;
  readonly signal?: AbortSignal;
  readonly onReply?: (reply: Reply, method: string, path: string) => void;
}

const MEDIA_TYPE = 'application/scim+json';
const TIMEOUT = 60_000;
const MAX_RETRIES = 5;
const MAX_WAIT = 30_000;

/** Sends requests to one service provider. Waits and repeats what is refused for its rate (429). */
export function createClient({ base, token, signal, onReply }: ClientOptions): Send {
  const root = base.replace(/\/+$/, '');
  const mask = masker(token);

  const send: Send = async (method, path, options = {}) => {
    for (let attempt = 0; ; attempt += 1) {
      const reply = await once(method, path, options);
      if (reply.status !== 429 || attempt === MAX_RETRIES) {
        onReply?.(reply, method, path);
        return reply;
      }
      const seconds = Number(reply.headers.get('retry-after') ?? '1');
      await sleep(Math.min(MAX_WAIT, Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 1000));
    }
  };

  async function once(method: string, path: string, options: SendOptions): Promise<Reply> {
    const url = /^https?:/.test(path) ? path : `${root}${path}${queryOf(options.query)}`;
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const headers = headersOf(options, body !== undefined, token);
    const asked = {
      method,
      url: mask(url),
      requestHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, mask(value)])),
      requestBody: body === undefined ? undefined : mask(body),
    };
    const started = performance.now();
    const signals = [AbortSignal.timeout(TIMEOUT), ...(signal ? [signal] : [])];
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.any(signals),
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      const exchange: Exchange = {
        ...asked,
        status: response.status,
        responseHeaders: Object.fromEntries(response.headers),
        responseBody: mask(text),
        milliseconds: Math.round(performance.now() - started),
      };
      return { status: response.status, headers: response.headers, text, body: parsed(text), exchange };
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new Failure(`no answer came: ${reasonOf(error)}`, {
        ...asked,
        status: 0,
        responseHeaders: {},
        responseBody: '',
        milliseconds: Math.round(performance.now() - started),
      });
    }
  }

  return send;
}

function headersOf(options: SendOptions, hasBody: boolean, token: string): Record<string, string> {
  const credentials = options.token === undefined ? token : options.token;
  return {
    Accept: MEDIA_TYPE,
    ...(credentials === null ? {} : { Authorization: `Bearer ${credentials}` }),
    ...(hasBody ? { 'Content-Type': MEDIA_TYPE } : {}),
    ...options.headers,
  };
}

function queryOf(query: SendOptions['query']): string {
  const pairs = Object.entries(query ?? {});
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Hides the token wherever it occurs, and the values of passwords. */
function masker(token: string): (text: string) => string {
  return (text) =>
    (token === '' ? text : text.replaceAll(token, '***')).replace(
      /("password"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
      '$1"***"',
    );
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
