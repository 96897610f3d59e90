import sql, { empty } from 'sql-template-tag';
import type { TokenId, WorkspaceId } from '../../lib/ids.ts';
import type { Db } from '../db/pool.ts';
import { lookedUpRow } from '../db/prepared.ts';
import { row, rows } from '../db/query.ts';
import { acrossWorkspaces, type PoolScope, type WriteScope } from '../db/scope.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText, type SortKey } from '../sql/keyset.ts';

/** What a token may do (contract section 3). */
export type TokenScope = 'scim' | 'admin' | 'auditor' | 'product' | 'operator';

/** A token without its secret, which is nowhere. */
export interface TokenRow {
  readonly id: TokenId;
  readonly name: string;
  readonly scope: TokenScope;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

const COLUMNS = sql`t.id, t.name, t.scope, t.created_at, t.expires_at, t.last_used_at`;

/** A live token as it is needed to let a request in. */
export interface LiveToken {
  readonly id: TokenId;
  readonly name: string;
  readonly scope: TokenScope;
  readonly hash: Buffer;
  readonly workspace_id: WorkspaceId;
  readonly workspace_key: string;
  /** True when `last_used_at` is more than a minute old. */
  readonly stale: boolean;
}

/** The token of a hash, unless it has expired or was revoked. */
export function findLiveToken(db: Db, hash: Buffer): Promise<LiveToken | undefined> {
  return lookedUpRow(
    acrossWorkspaces(db),
    'live_token',
    sql`select t.id, t.name, t.scope, t.hash, t.workspace_id, w.key as workspace_key,
        coalesce(t.last_used_at < now() - interval '1 minute', true) as stale
      from tokens t join workspaces w on w.id = t.workspace_id
      where t.hash = ${hash} and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())`,
  );
}

/** Whether a token was neither revoked nor has expired. */
export async function isLiveToken(scope: PoolScope, id: TokenId): Promise<boolean> {
  const live = await lookedUpRow(
    scope,
    'is_live_token',
    sql`select from tokens where workspace_id = ${scope.workspaceId} and id = ${id}
      and revoked_at is null and (expires_at is null or expires_at > now())`,
  );
  return live !== undefined;
}

/** Notes that a token was used, unless that was noted within a minute. */
export async function touchToken(scope: PoolScope, id: TokenId): Promise<void> {
  await rows(
    scope,
    sql`update tokens set last_used_at = now() where workspace_id = ${scope.workspaceId} and id = ${id}
      and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
  );
}

export type TokenSort = 'name' | 'createdAt';

const SORTS: Record<TokenSort, SortKey> = {
  name: byText(sql`t.name`),
  createdAt: { expression: sql`t.created_at`, type: 'timestamptz' },
};

/** A page of the workspace's tokens that were not revoked; operators' only when asked for. */
export async function listTokens(
  scope: PoolScope,
  page: KeysetPage<TokenSort>,
  options: { withOperators: boolean },
): Promise<Page<TokenRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`t.id`, [sql`t.name`]);
  const found = await rows<TokenRow & { sort_value: string }>(
    scope,
    sql`select ${COLUMNS}, ${column} from tokens t
      where t.workspace_id = ${scope.workspaceId} and t.revoked_at is null
        ${options.withOperators ? empty : sql`and t.scope <> 'operator'`} ${conditions} ${order}`,
  );
  return toKeysetPage(found, page.limit);
}

/** Inserts a token; only the hash of its secret is kept. */
export async function insertToken(
  scope: WriteScope,
  token: Pick<TokenRow, 'id' | 'name' | 'scope' | 'expires_at'> & { readonly hash: Buffer },
  at: Date,
): Promise<TokenRow> {
  const inserted = await row<TokenRow>(
    scope,
    sql`insert into tokens as t (workspace_id, id, name, scope, hash, created_at, expires_at)
      values (${scope.workspaceId}, ${token.id}, ${token.name}, ${token.scope}, ${token.hash}, ${at}, ${token.expires_at})
      returning ${COLUMNS}`,
  );
  return inserted as TokenRow;
}

/** Locks one token that was not revoked. */
export function lockToken(scope: WriteScope, id: TokenId): Promise<TokenRow | undefined> {
  return row(
    scope,
    sql`select ${COLUMNS} from tokens t
      where t.workspace_id = ${scope.workspaceId} and t.id = ${id} and t.revoked_at is null for no key update`,
  );
}

/** Revokes a locked token. */
export async function revokeToken(scope: WriteScope, id: TokenId, at: Date): Promise<void> {
  await rows(
    scope,
    sql`update tokens set revoked_at = ${at} where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}
