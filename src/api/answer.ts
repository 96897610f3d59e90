const ANSWER = Symbol('answer');

/** More than the body with the route's usual status. */
export interface Answer<T> {
  readonly [ANSWER]: true;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: T | Chunks;
}

/** A body that is written as it comes, of another type than JSON: an export. */
export interface Chunks {
  readonly type: string;
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** What is only known when all of it was written, to be sent behind it. */
  readonly trailers?: Trailers | undefined;
}

/** Headers that follow a body: their names, told before it, and their values. */
export interface Trailers {
  readonly names: readonly string[];
  readonly values: () => Readonly<Record<string, string>>;
}

/** An answer with another of the route's statuses, or with headers, such as an ETag. */
export function answer<T>(
  body: T,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> },
): Answer<T> {
  return { [ANSWER]: true, status: options.status, headers: options.headers ?? {}, body };
}

/** An answer that is written as it comes; `type` is its media type. It is cut off when it fails half-way. */
export function streamed(
  type: string,
  chunks: AsyncIterable<string | Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
  trailers?: Trailers,
): Answer<never> {
  return { [ANSWER]: true, status: undefined, headers, body: { type, chunks, trailers } };
}

/** Whether a handler answered more than a body. */
export function isAnswer(value: unknown): value is Answer<unknown> {
  return typeof value === 'object' && value !== null && ANSWER in value;
}

/** Whether a body is written as it comes. */
export function isChunks(body: unknown): body is Chunks {
  return typeof body === 'object' && body !== null && 'chunks' in body;
}
