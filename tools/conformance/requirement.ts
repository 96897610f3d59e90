import type { Reply, Send, SendOptions } from './exchange.ts';
import type { AttributeName, Feature } from './features.ts';
import type { Server } from './server.ts';
import type { JsonObject } from './values.ts';

export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** One numbered requirement of an RFC that can be seen from outside. */
export interface Requirement {
  /** `7644-3.5.2-04`: the RFC, its section, and a number of ours. */
  readonly id: string;
  /** The RFC's key word; a plain statement of what the protocol is counts as MUST. */
  readonly level: Level;
  readonly title: string;
  /** The RFC's own words, shortened. */
  readonly paragraph: string;
  /** Skipped unless the server says that it has these. */
  readonly needs?: readonly Feature[];
  /** Skipped unless the server's schemas have these, for a client to write. */
  readonly writes?: readonly AttributeName[];
  readonly test: (t: Tester) => Promise<void> | void;
}

/** A resource that the tester made. */
export interface Made {
  readonly id: string;
  /** Where it is, below the base URL: `/Users/2819c223`. */
  readonly path: string;
  /** As the server showed it when it was made. */
  readonly body: unknown;
  readonly reply: Reply;
}

/** One operation of a PATCH, RFC 7644 section 3.5.2. */
export interface Operation {
  readonly op: string;
  readonly path?: string;
  readonly value?: unknown;
}

/** What a test has to work with. Everything made with it is deleted at the end of the run. */
export interface Tester {
  readonly server: Server;
  readonly send: Send;
  readonly get: (path: string, query?: SendOptions['query']) => Promise<Reply>;
  readonly post: (path: string, body: unknown, query?: SendOptions['query']) => Promise<Reply>;
  readonly put: (path: string, body: unknown, query?: SendOptions['query']) => Promise<Reply>;
  readonly patch: (path: string, operations: readonly Operation[], options?: SendOptions) => Promise<Reply>;
  readonly remove: (path: string) => Promise<Reply>;
  /** A text that no other resource on the server has, in lower case; a new one with each call. */
  readonly unique: () => string;
  /** A valid User that is not on the server yet, with what its schema requires and the given attributes. */
  readonly userBody: (attributes?: JsonObject) => JsonObject;
  readonly groupBody: (attributes?: JsonObject) => JsonObject;
  /** Makes a user; fails the test when that cannot be done. */
  readonly user: (attributes?: JsonObject) => Promise<Made>;
  readonly group: (attributes?: JsonObject) => Promise<Made>;
  /** The resource as it is now. */
  readonly read: (made: Made) => Promise<unknown>;
  /** Makes something once for the whole run. */
  readonly shared: <T>(name: string, make: (t: Tester) => Promise<T>) => Promise<T>;
  /** A remark for the report beside the outcome. */
  readonly note: (text: string) => void;
}
