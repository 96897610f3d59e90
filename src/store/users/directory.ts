import sql, { empty, type Sql } from 'sql-template-tag';
import type { GroupId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { billingManagers } from '../access/billing-managers.ts';
import { fromLicenses } from '../access/effective.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope } from '../db/scope.ts';
import { type AsOf, rowsAsOf, validAt } from '../sql/as-of.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText, type SortKey } from '../sql/keyset.ts';
import { endedBySize, type MoreRow } from '../sql/sized-page.ts';
import { lastAccessAt } from './last-access.ts';
import type { JsonObject, UserRow, UserStatus } from './users.ts';

/** A user as the directory lists it; what SCIM no longer shows is here too, inactive. */
export type DirectoryRow = Pick<
  UserRow,
  | 'id'
  | 'user_name'
  | 'full_name'
  | 'email'
  | 'status'
  | 'organization'
  | 'joined_at'
  | 'source'
  | 'managed_by'
> & { readonly picture: string | null; readonly last_access_at: Date | null };

/** Which users are listed, by keys; a key that names nothing lists nobody. */
export interface DirectoryFilter {
  readonly statuses?: readonly UserStatus[] | undefined;
  readonly organization?: string | undefined;
  /** Those who have, or when active would have, a license of the product. */
  readonly product?: string | undefined;
  /** Those who have, or when active would have, a role in the project. */
  readonly project?: string | undefined;
}

export type DirectorySort = 'name' | 'email' | 'status' | 'joined' | 'lastAccess';

/** What of a user's versions is read to list them. */
const LISTED = [
  'workspace_id',
  'id',
  'user_name',
  'full_name',
  'email',
  'status',
  'joined_at',
  'source',
  'managed_by',
  'organization_id',
  'attributes',
];
const WHOLE = [...LISTED, 'external_id', 'start_date', 'created_at', 'updated_at', 'removed_at', 'erased_at'];
const KEYED = ['workspace_id', 'id', 'key'];
const ENDING = [...KEYED, 'deleted_at'];

/** The columns of a `DirectoryRow`, in a query whose users are `u`. */
function columns(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  return sql`u.id, u.user_name, u.full_name, u.email, u.status, u.joined_at, u.source, u.managed_by,
    (select o.key from ${rowsAsOf('organizations', KEYED, asOf)} o
      where o.workspace_id = ${workspaceId} and o.id = u.organization_id) as organization,
    coalesce(jsonb_path_query_first(u.attributes, ${'$.photos[*] ? (@.primary == true).value'}::text::jsonpath),
      jsonb_path_query_first(u.attributes, ${'$.photos[*].value'}::text::jsonpath)) #>> '{}' as picture,
    ${lastAccessAt(workspaceId, asOf)} as last_access_at`;
}

/** Who has no address, has not joined or was never seen comes last, in both directions. */
function sorts(descending: boolean, lastAccess: Sql): Readonly<Record<DirectorySort, SortKey>> {
  const unknownTime = descending ? sql`'1900-01-01'::timestamptz` : sql`'9999-01-01'::timestamptz`;
  const unknownText = descending ? '' : '\u{10ffff}';
  return {
    name: byText(sql`u.full_name`),
    email: byText(sql`coalesce(u.email, ${unknownText}::text)`),
    status: {
      expression: sql`case u.status when 'active' then 1 when 'pending' then 2 else 3 end`,
      type: 'integer',
    },
    joined: { expression: sql`coalesce(u.joined_at, ${unknownTime})`, type: 'timestamptz' },
    lastAccess: { expression: sql`coalesce(${lastAccess}, ${unknownTime})`, type: 'timestamptz' },
  };
}

/** A page of the directory; the search looks at full names, addresses and user names. */
export async function listDirectory(
  scope: PoolScope,
  filter: DirectoryFilter,
  page: KeysetPage<DirectorySort>,
  asOf: AsOf,
): Promise<Page<DirectoryRow & { readonly sort_value: string }>> {
  const searched = [sql`u.full_name`, sql`u.email`, sql`u.user_name`];
  const keys = sorts(page.sort.descending, lastAccessAt(scope.workspaceId, asOf));
  const { column, conditions, order } = keyset(page, keys, sql`u.id`, searched);
  const query = sql`select ${columns(scope.workspaceId, asOf)}, ${column} from ${rowsAsOf('users', LISTED, asOf)} u
    where u.workspace_id = ${scope.workspaceId} ${matching(scope.workspaceId, filter, asOf)} ${conditions} ${order}`;
  const found = await rows<DirectoryRow & MoreRow & { sort_value: string }>(scope, endedBySize(query));
  return toKeysetPage(found, page.limit);
}

function matching(workspaceId: WorkspaceId, filter: DirectoryFilter, asOf: AsOf): Sql {
  const { statuses, organization, product, project } = filter;
  const belongs = (key: string) =>
    sql`and u.organization_id = ${idOfKey(workspaceId, 'organizations', key, asOf)}`;
  const licensed = (key: string) =>
    sql`and u.id in (${holders(workspaceId, licensesOf(workspaceId, key, asOf), asOf)})`;
  return sql`
    ${statuses ? sql`and u.status = any(${statuses}::text[])` : empty}
    ${organization === undefined ? empty : belongs(organization)}
    ${product === undefined ? empty : licensed(product)}
    ${project === undefined ? empty : inProject(workspaceId, project, asOf)}`;
}

function idOfKey(
  workspaceId: WorkspaceId,
  table: 'organizations' | 'projects',
  key: string,
  asOf: AsOf,
): Sql {
  return sql`(select k.id from ${rowsAsOf(table, ENDING, asOf)} k
    where k.workspace_id = ${workspaceId} and lower(k.key) = lower(${key}) and k.deleted_at is null)`;
}

/** Of a product that is switched off nobody holds anything. */
function licensesOf(workspaceId: WorkspaceId, product: string, asOf: AsOf): (alias: Sql) => Sql {
  return (alias) => sql`${alias}.license_id = any(array(
    select l.id ${fromLicenses(workspaceId, asOf, 'on')} and lower(p.key) = lower(${product})))`;
}

function inProject(workspaceId: WorkspaceId, key: string, asOf: AsOf): Sql {
  const project = (alias: Sql) => sql`${alias}.project_id = ${idOfKey(workspaceId, 'projects', key, asOf)}`;
  return sql`and u.id in (${holders(workspaceId, project, asOf)})
    and u.id not in (${billingManagers(workspaceId, asOf)})`;
}

/**
 * Users with a grant of a thing that holds, found from the thing. It is `held` of effective.ts said once more: by UNION
 * the planner knows how many users come of it, and joins them at once.
 */
function holders(workspaceId: WorkspaceId, of: (alias: Sql) => Sql, asOf: AsOf): Sql {
  return sql`select d.user_id from direct_grants d
      where d.workspace_id = ${workspaceId} and ${validAt('d', asOf)} and ${of(sql`d`)}
    union
    select m.user_id from group_grants gg
      join memberships m on m.workspace_id = ${workspaceId} and m.group_id = gg.group_id and ${validAt('m', asOf)}
      where gg.workspace_id = ${workspaceId} and ${validAt('gg', asOf)} and ${of(sql`gg`)}`;
}

/** All of a user's record. */
export type DirectoryEntry = DirectoryRow &
  Pick<UserRow, 'external_id' | 'start_date' | 'created_at' | 'updated_at' | 'removed_at' | 'erased_at'> & {
    readonly attributes: JsonObject;
  };

/** One user of the directory, whether or not SCIM shows it. */
export function findEntry(scope: PoolScope, id: UserId, asOf: AsOf): Promise<DirectoryEntry | undefined> {
  return row<DirectoryEntry>(
    scope,
    sql`select ${columns(scope.workspaceId, asOf)}, u.external_id, u.start_date, u.created_at, u.updated_at, u.removed_at,
        u.erased_at, u.attributes
      from ${rowsAsOf('users', WHOLE, asOf)} u where u.workspace_id = ${unestimated(scope.workspaceId)} and u.id = ${id}`,
  );
}

/** The groups that a user is in, with since when, by name; `most` of them. */
export function groupsSince(
  scope: PoolScope,
  id: UserId,
  asOf: AsOf,
  most: number,
): Promise<{ id: GroupId; display_name: string; since: Date }[]> {
  return rows(
    scope,
    sql`select g.id, g.display_name, m.since from memberships m
      cross join lateral (
        select g.id, g.display_name from ${rowsAsOf('groups', ['workspace_id', 'id', 'display_name'], asOf)} g
        where g.workspace_id = ${unestimated(scope.workspaceId)} and g.id = m.group_id offset 0) g
      where m.workspace_id = ${unestimated(scope.workspaceId)} and m.user_id = ${id} and ${validAt('m', asOf)}
      order by lower(g.display_name) collate "C", g.id limit ${most}`,
  );
}

/** A user that a text may mean. */
export type NamedUser = Pick<UserRow, 'id' | 'user_name' | 'email' | 'status'>;

const NAMED_COLUMNS = ['workspace_id', 'id', 'user_name', 'email', 'email_keys', 'status'];

/** The user of an id, whatever the status. */
export function userOfId(scope: PoolScope, id: UserId, asOf: AsOf = 'now'): Promise<NamedUser | undefined> {
  return row<NamedUser>(
    scope,
    sql`select u.id, u.user_name, u.email, u.status from ${rowsAsOf('users', NAMED_COLUMNS, asOf)} u
      where u.workspace_id = ${unestimated(scope.workspaceId)} and u.id = ${id}`,
  );
}

/**
 * Whom a user name or an address may mean: first the one of that name, then those with that address, of whom the
 * inactive last. At most three: enough to know whether it is clear.
 */
export function usersNamed(
  scope: PoolScope,
  { userName, email }: { readonly userName: string; readonly email: string },
  asOf: AsOf = 'now',
): Promise<(NamedUser & { readonly by_name: boolean })[]> {
  return rows(
    scope,
    sql`select u.id, u.user_name, u.email, u.status, lower(u.user_name) = lower(${userName}) as by_name
      from ${rowsAsOf('users', NAMED_COLUMNS, asOf)} u
      where u.workspace_id = ${unestimated(scope.workspaceId)} ${everNamed(scope.workspaceId, userName, email, asOf)}
        and (lower(u.user_name) = lower(${userName}) or u.email_keys @> array[lower(${email})])
      order by by_name desc, u.status = 'inactive', u.id limit 3`,
  );
}

/**
 * Of the past, only versions of those are looked at who were ever called so. Every address that a user had is in some
 * row of the history, but a version of a large user does not repeat those of the version before.
 */
function everNamed(workspaceId: WorkspaceId, userName: string, email: string, asOf: AsOf): Sql {
  if (asOf === 'now') return empty;
  const ids = (table: Sql) => sql`
    select id from ${table} where workspace_id = ${workspaceId} and lower(user_name) = lower(${userName})
    union
    select id from ${table} where workspace_id = ${workspaceId} and email_keys @> array[lower(${email})]`;
  return sql`and u.id = any(array(${ids(sql`users`)} union ${ids(sql`users_history`)}))`;
}
