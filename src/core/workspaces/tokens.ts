import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { invalid, notFound, RollcallError } from '../../lib/errors.ts';
import { asId, newId, type TokenId, type WorkspaceId } from '../../lib/ids.ts';
import { log } from '../../lib/log.ts';
import type { Db } from '../../store/db/pool.ts';
import { scopeOf } from '../../store/db/scope.ts';
import type { TokenRow, TokenSort } from '../../store/workspaces/tokens.ts';
import * as store from '../../store/workspaces/tokens.ts';
import { change, type Change } from '../change/change.ts';
import type { Caller, Scope } from '../context/caller.ts';
import type { Context } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { assertName } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';
import { createSingleFlight } from '../shared/single-flight.ts';

export type { TokenRow as Token, TokenSort } from '../../store/workspaces/tokens.ts';

/** A token that may be used now: who calls, and from which workspace. */
export interface VerifiedToken {
  readonly id: TokenId;
  readonly name: string;
  readonly scope: Scope;
  readonly workspaceId: WorkspaceId;
  readonly workspaceKey: string;
}

/** A token with its secret, which is shown this once. */
export interface IssuedToken extends TokenRow {
  readonly token: string;
}

/** A new secret: `rc_<scope>_` and 32 random bytes as base64url. The prefix says what was found when one leaks. */
export function newSecret(scope: Scope): string {
  return `rc_${scope}_${randomBytes(32).toString('base64url')}`;
}

const MAX_SECRET_LENGTH = 1024;

/**
 * The token of a secret that a request came with, or undefined when there is none, it has expired or was revoked.
 * The database is asked after the request has come, so that revoking works at once on every instance; one question
 * serves all requests that came before it was asked. Throws `busy`.
 */
export async function verifyToken(core: Core, secret: string): Promise<VerifiedToken | undefined> {
  if (secret.length > MAX_SECRET_LENGTH) return undefined;
  const hashed = hashOf(secret);
  const found = await liveToken(core, hashed);
  if (!found || !timingSafeEqual(found.hash, hashed)) return undefined;
  if (found.stale) noteUse(core, found);
  const { id, name, scope, workspace_id, workspace_key } = found;
  return { id, name, scope, workspaceId: workspace_id, workspaceKey: workspace_key };
}

const answers = new WeakMap<Db, ReturnType<typeof createSingleFlight<store.LiveToken | undefined>>>();

function liveToken({ db }: Core, hash: Buffer): Promise<store.LiveToken | undefined> {
  let ask = answers.get(db);
  if (!ask) answers.set(db, (ask = createSingleFlight()));
  return ask(hash.toString('base64'), () => store.findLiveToken(db, hash));
}

const noting = new Set<TokenId>();

// Nobody waits for it, and a request doesn't fail because of it.
function noteUse(core: Core, { id, workspace_id }: store.LiveToken): void {
  if (noting.has(id)) return;
  noting.add(id);
  store
    .touchToken(scopeOf(core.db, workspace_id), id)
    .catch((error: unknown) => log.warn('The use of a token could not be noted.', { token: id, error }))
    .finally(() => noting.delete(id));
}

/** A page of the workspace's tokens, never with a secret. Only operators see operators' tokens. */
export function listTokens(ctx: Context, page: KeysetPage<TokenSort>): Promise<Page<TokenRow>> {
  return store.listTokens(ctx.scope, page, { withOperators: isOperator(ctx.caller) });
}

/** Makes a token of the caller's workspace. Throws `invalid`, and `forbidden` for a scope beyond the caller's. */
export function issueToken(
  ctx: Context,
  input: { readonly name: string; readonly scope: Scope; readonly expiresAt?: Date | null | undefined },
): Promise<IssuedToken> {
  assertName(input.name);
  if (input.scope === 'operator' && !isOperator(ctx.caller)) {
    throw new RollcallError('forbidden', 'Only an operator can make a token with the scope operator.');
  }
  const secret = newSecret(input.scope);
  return change(ctx, async (c) => {
    const expires_at = input.expiresAt ?? null;
    if (expires_at && expires_at <= c.at)
      throw invalid('expiresAt', 'A token can only expire in the future.');
    const row = await keepToken(c, { name: input.name, scope: input.scope, expires_at, secret });
    return { ...row, token: secret };
  });
}

/** Keeps a token of the change's workspace, by the hash of its secret. */
export async function keepToken(
  c: Change,
  token: { name: string; scope: Scope; expires_at: Date | null; secret: string },
): Promise<TokenRow> {
  const { name, scope, expires_at, secret } = token;
  const row = await store.insertToken(
    c.scope,
    { id: newId<TokenId>(), name, scope, expires_at, hash: hashOf(secret) },
    c.at,
  );
  const after = { name, scope, expiresAt: expires_at };
  c.record({ action: 'token.issued', target: { kind: 'token', id: row.id, name }, after });
  return row;
}

/** Ends a token at once, on every instance. Throws `not_found`. */
export function revokeToken(ctx: Context, id: string): Promise<void> {
  return change(ctx, async (c) => {
    const tokenId = asId<TokenId>(id);
    const current = tokenId && (await store.lockToken(c.scope, tokenId));
    if (!current || (current.scope === 'operator' && !isOperator(ctx.caller))) throw notFound('token', id);
    await store.revokeToken(c.scope, current.id, c.at);
    const before = { name: current.name, scope: current.scope };
    c.record({
      action: 'token.revoked',
      target: { kind: 'token', id: current.id, name: current.name },
      before,
    });
  });
}

function isOperator({ actor }: Caller): boolean {
  return actor.kind === 'system' || (actor.kind === 'token' && actor.scope === 'operator');
}

function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
