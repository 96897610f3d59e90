import type { TokenId, WorkspaceId } from '../../lib/ids.ts';

/** What a token may do (contract section 3). */
export type Scope = 'scim' | 'admin' | 'auditor' | 'product' | 'operator';

/** Who did it, for the audit. */
export type Actor =
  | { readonly kind: 'token'; readonly id: TokenId; readonly name: string; readonly scope: Scope }
  | { readonly kind: 'invitee'; readonly id: string; readonly name: string }
  | { readonly kind: 'system'; readonly name: string };

/** The token that a request came with, and the workspace that it belongs to: an operator's may act in another. */
export interface Credential {
  readonly workspaceId: WorkspaceId;
  readonly tokenId: TokenId;
}

/** On whose behalf something is asked: in which workspace, by whom, in which request. */
export interface Caller {
  readonly workspaceId: WorkspaceId;
  readonly actor: Actor;
  readonly requestId: string;
  /**
   * The token that must still be live when a change begins or more is read. Work that the system has taken over, and the
   * record of what has happened already, go on without one.
   */
  readonly credential?: Credential | undefined;
  /** Aborts when the client closes the connection before the answer; what nobody waits for needs none. */
  readonly signal?: AbortSignal | undefined;
}
