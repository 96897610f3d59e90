import type { z } from 'zod';
import type { Scope } from '../core/context/caller.ts';
import type { Context } from '../core/context/context.ts';
import type { ErrorKind } from '../lib/errors.ts';
import type { Answer } from './answer.ts';

/** What a handler is given: everything read and checked. */
export interface Call<Params, Query, Body> {
  readonly ctx: Context;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

interface RouteOf<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below /api/v1, parameters in braces: `/projects/{key}`. */
  readonly path: `/${string}`;
  /** What it does, for people: a sentence without a full stop. */
  readonly summary: string;
  /** More about it, for people: whole sentences. */
  readonly description?: string;
  /** True for what only reads though its method is not GET, so that auditors may call it. */
  readonly readsOnly?: true;
  /** Which tokens may call it (contract section 3). */
  readonly scopes: readonly Scope[];
  /** True for what is no workspace's own, so that an operator names none. */
  readonly acrossWorkspaces?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The schema of the answer's body; none with 204, and for what is streamed. */
  readonly reply?: R;
  /** The statuses of success; the first is the usual one. */
  readonly statuses: readonly [number, ...number[]];
  /** True when it answers with an ETag, and 304 to whoever has that version. */
  readonly tagged?: true;
  /** The kinds of error by which rules refuse it; unless it is said, a change's: `taken`, `refused`, `immutable`. */
  readonly problems?: readonly ErrorKind[];
  readonly handler: (
    call: Call<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Promise<z.input<R> | Answer<z.input<R>>>;
}

/**
 * One operation of the API, as data: what validates it, mounts it and describes it in OpenAPI is this one value.
 * Handlers only translate; rules are the core's.
 */
export type Route = Omit<RouteOf<z.ZodType, z.ZodType, z.ZodType, z.ZodType>, 'handler'> & {
  readonly handler: (call: Call<unknown, unknown, unknown>) => Promise<unknown>;
};

/** Writes a route with the types of its handler taken from its schemas. */
export function route<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodVoid,
>(spec: RouteOf<P, Q, B, R>): Route {
  return spec as unknown as Route;
}
