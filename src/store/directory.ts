import sql, { empty, type Sql } from 'sql-template-tag';
import type { GroupId, UserId, WorkspaceId } from '../ids.ts';
import { billingManagers } from './access.ts';
import { row, rows, type Db } from './db.ts';
import { asPage, byText, keyset, type KeysetPage, type Page, type SortKey } from './keyset.ts';
import { versions, type Moment } from './moment.ts';
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

const LAST_ACCESS = sql`(select l.at from user_last_access l
  where l.workspace_id = u.workspace_id and l.user_id = u.id)`;

const COLUMNS = sql`u.id, u.user_name, u.full_name, u.email, u.status, u.joined_at, u.source, u.managed_by,
  (select o.key from organizations o where o.workspace_id = u.workspace_id and o.id = u.organization_id) as organization,
  coalesce(jsonb_path_query_first(u.attributes, ${'$.photos[*] ? (@.primary == true).value'}::text::jsonpath),
    jsonb_path_query_first(u.attributes, ${'$.photos[*].value'}::text::jsonpath)) #>> '{}' as picture,
  ${LAST_ACCESS} as last_access_at`;

/** Who has no address, has not joined or was never seen comes last, in both directions. */
function sorts(descending: boolean): Readonly<Record<DirectorySort, SortKey>> {
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
    lastAccess: { expression: sql`coalesce(${LAST_ACCESS}, ${unknownTime})`, type: 'timestamptz' },
  };
}

/** A page of the directory; the search looks at full names, addresses and user names. */
export async function listDirectory(
  db: Db,
  workspaceId: WorkspaceId,
  filter: DirectoryFilter,
  page: KeysetPage<DirectorySort>,
): Promise<Page<DirectoryRow>> {
  const searched = [sql`u.full_name`, sql`u.email`, sql`u.user_name`];
  const { column, conditions, order } = keyset(page, sorts(page.sort.descending), sql`u.id`, searched);
  const found = await rows<DirectoryRow & { sort_value: string }>(
    db,
    sql`select ${COLUMNS}, ${column} from users u
      where u.workspace_id = ${workspaceId} ${matching(workspaceId, filter)} ${conditions} ${order}`,
  );
  return asPage(found, page.limit);
}

function matching(workspaceId: WorkspaceId, filter: DirectoryFilter): Sql {
  const { statuses, organization, product, project } = filter;
  return sql`
    ${statuses ? sql`and u.status = any(${statuses}::text[])` : empty}
    ${organization === undefined ? empty : sql`and u.organization_id = ${organizationOf(workspaceId, organization)}`}
    ${product === undefined ? empty : sql`and u.id in (${holders(workspaceId, licensesOf(workspaceId, product))})`}
    ${project === undefined ? empty : inProject(workspaceId, project)}`;
}

function organizationOf(workspaceId: WorkspaceId, key: string): Sql {
  return sql`(select o.id from organizations o
    where o.workspace_id = ${workspaceId} and lower(o.key) = lower(${key}) and o.deleted_at is null)`;
}

/** Of a product that is switched off nobody holds anything. */
function licensesOf(workspaceId: WorkspaceId, product: string): (alias: Sql) => Sql {
  return (alias) => sql`${alias}.license_id = any(array(select l.id from licenses l
    join products p on p.workspace_id = l.workspace_id and p.id = l.product_id and p.enabled
    where l.workspace_id = ${workspaceId} and lower(p.key) = lower(${product})))`;
}

function inProject(workspaceId: WorkspaceId, key: string): Sql {
  const project = (alias: Sql) => sql`${alias}.project_id = (select p.id from projects p
    where p.workspace_id = ${workspaceId} and lower(p.key) = lower(${key}) and p.deleted_at is null)`;
  return sql`and u.id in (${holders(workspaceId, project)})
    and u.id not in (${billingManagers(workspaceId, 'now')})`;
}

/** Users with an open grant of a thing, found from the thing. */
function holders(workspaceId: WorkspaceId, of: (alias: Sql) => Sql): Sql {
  return sql`select d.user_id from direct_grants d
      where d.workspace_id = ${workspaceId} and d.until = 'infinity' and ${of(sql`d`)}
    union
    select m.user_id from group_grants gg
      join memberships m on m.workspace_id = gg.workspace_id and m.group_id = gg.group_id and m.until = 'infinity'
      where gg.workspace_id = ${workspaceId} and gg.until = 'infinity' and ${of(sql`gg`)}`;
}

/** All of a user's record. */
export type DirectoryEntry = DirectoryRow &
  Pick<UserRow, 'external_id' | 'start_date' | 'created_at' | 'updated_at' | 'removed_at'> & {
    readonly attributes: JsonObject;
  };

/** One user of the directory, whether or not SCIM shows it. */
export function findEntry(db: Db, workspaceId: WorkspaceId, id: UserId): Promise<DirectoryEntry | undefined> {
  return row<DirectoryEntry>(
    db,
    sql`select ${COLUMNS}, u.external_id, u.start_date, u.created_at, u.updated_at, u.removed_at, u.attributes
      from users u where u.workspace_id = ${workspaceId} and u.id = ${id}`,
  );
}

/** The groups that a user is in now, with since when, by name. */
export function groupsSince(
  db: Db,
  workspaceId: WorkspaceId,
  id: UserId,
): Promise<{ id: GroupId; display_name: string; since: Date }[]> {
  return rows(
    db,
    sql`select g.id, g.display_name, m.since from memberships m
      join groups g on g.workspace_id = m.workspace_id and g.id = m.group_id
      where m.workspace_id = ${workspaceId} and m.user_id = ${id} and m.until = 'infinity'
      order by lower(g.display_name) collate "C", g.id`,
  );
}

/** A user that a text may mean. */
export type NamedUser = Pick<UserRow, 'id' | 'user_name' | 'email' | 'status'>;

const NAMED_COLUMNS = ['workspace_id', 'id', 'user_name', 'email', 'email_keys', 'status'];

/** The user of an id, whatever the status. */
export function userOfId(
  db: Db,
  workspaceId: WorkspaceId,
  id: UserId,
  moment: Moment = 'now',
): Promise<NamedUser | undefined> {
  return row<NamedUser>(
    db,
    sql`select u.id, u.user_name, u.email, u.status from ${versions('users', NAMED_COLUMNS, moment)} u
      where u.workspace_id = ${workspaceId} and u.id = ${id}`,
  );
}

/**
 * Whom a user name or an address may mean: first the one of that name, then those with that address, of whom the
 * inactive last. At most three: enough to know whether it is clear.
 */
export function usersNamed(
  db: Db,
  workspaceId: WorkspaceId,
  { userName, email }: { readonly userName: string; readonly email: string },
  moment: Moment = 'now',
): Promise<(NamedUser & { readonly by_name: boolean })[]> {
  return rows(
    db,
    sql`select u.id, u.user_name, u.email, u.status, lower(u.user_name) = lower(${userName}) as by_name
      from ${versions('users', NAMED_COLUMNS, moment)} u
      where u.workspace_id = ${workspaceId}
        and (lower(u.user_name) = lower(${userName}) or u.email_keys @> array[lower(${email})])
      order by by_name desc, u.status = 'inactive', u.id limit 3`,
  );
}
