import type { TokenId, WorkspaceId } from '../ids.ts';

/** What a token may do (contract section 3). */
export type Scope = 'scim' | 'admin' | 'auditor' | 'product' | 'operator';

/** Who did it, for the audit. */
export type Actor =
  | { readonly kind: 'token'; readonly id: TokenId; readonly name: string; readonly scope: Scope }
  | { readonly kind: 'invitee'; readonly id: string; readonly name: string }
  | { readonly kind: 'system'; readonly name: string };

/** On whose behalf something is asked: in which workspace, by whom, in which request. */
export interface Caller {
  readonly workspaceId: WorkspaceId;
  readonly actor: Actor;
  readonly requestId: string;
  /** Aborts when the client closes the connection before the answer; what nobody waits for needs none. */
  readonly signal?: AbortSignal | undefined;
}
