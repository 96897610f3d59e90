import type { Node } from './json-text.ts';
import type { Manner } from './manner.ts';

/** A request before it is put into bytes. */
export interface Draft {
  readonly method: string;
  /** With a leading slash; encoded. */
  readonly path: string;
  /** Encoded already; without the question mark. */
  readonly query: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Node | undefined;
}

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly bytes: Buffer;
  readonly method: string;
  readonly path: string;
  /** Damaged on purpose, so that no answer is an answer too. */
  readonly isDamaged: boolean;
  readonly manner: Manner;
}
