/** One way in which a provider talks to a SCIM server. */
export interface Fixture {
  readonly name: string;
  /** Where it is written or was seen that it does. */
  readonly source: string;
  readonly steps: readonly Step[];
}

/**
 * One request and what is expected of it. `{name}` in any text stands for the id of what was created `as` that name.
 * Beside what is said here, every answer is checked for what holds for all of them, every refusal for having changed
 * nothing, and everything written for being read back the same.
 */
export interface Step {
  /** Method and path: `POST /Users`. */
  readonly send: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Names the resource that is created. */
  readonly as?: string;
  /** The status; otherwise what the method answers when all is well. */
  readonly status?: number;
  /** The resource afterwards, exactly: all that a client may write, `groups` and `members` as ids. */
  readonly shows?: Readonly<Record<string, unknown>>;
  /** The names of the resources that a list holds, in its order. */
  readonly lists?: readonly string[];
  /** Attributes that the answer has no value of. */
  readonly lacks?: readonly string[];
  /** The answer is an error; with its keyword, or null for an error without one. */
  readonly refuses?: string | null;
  /** Nothing is to change: neither version nor lastModified nor audit. */
  readonly changesNothing?: true;
}

/** How a provider's requests look. */
export interface Dialect {
  readonly headers: Readonly<Record<string, string>>;
  /** How a space is written in a query. */
  readonly space?: '+' | '%20';
}

/** The one operation of a PATCH, or several. */
export { patchOf as patch } from '../http/resources.ts';
