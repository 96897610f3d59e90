import type { TokenId, WorkspaceId } from '../../lib/ids.ts';

/** What a token may do (contract section 3). */
export type Scope = 'scim' | 'admin' | 'auditor' | 'product' | 'operator';

/** Who did it, for the audit. */
export type Actor =
  | { readonly kind: 'token'; readonly id: TokenId; readonly name: string; readonly scope: Scope }
  | { readonly kind: 'invitee'; readonly id: string; readonly name: string }
  | { readonly kind: 'system'; readonly name: string };

/** The token of a request and the workspace it belongs to, which for an operator may not be the one acted in. */
export interface Credential {
  readonly workspaceId: WorkspaceId;
  readonly tokenId: TokenId;
}

/** On whose behalf the core acts: in which workspace, for whom, in which request. */
export interface Caller {
  readonly workspaceId: WorkspaceId;
  readonly actor: Actor;
  readonly requestId: string;
  /**
   * The token that must still be live when a change begins or more is read. Background work, and recording what has
   * already happened, have none.
   */
  readonly credential?: Credential | undefined;
  /** Aborts when the client disconnects before the response; background work has none. */
  readonly signal?: AbortSignal | undefined;
}
