import sql from 'sql-template-tag';
import { isOneOf, isOneOfUuids, type KeyedTable, lowerIsOneOf } from '../sql/key-lookup.ts';

/** The attributes by which users are found in an index, in a query whose users table is `u`. */
export const KEYED_USERS: KeyedTable = {
  table: sql`users`,
  alias: sql`u`,
  keys: {
    id: { kind: 'condition', where: (values) => isOneOfUuids(sql`u.id`, values) },
    userName: {
      kind: 'condition',
      where: (values) => lowerIsOneOf(sql`u.user_name`, values),
    },
    externalId: {
      kind: 'condition',
      where: (values) => sql`u.external_id is not null and ${isOneOf(sql`u.external_id`, values)}`,
    },
    emails: {
      kind: 'condition',
      where: (values) =>
        values.length === 1
          ? sql`u.email_keys @> array[lower(${values[0]})]`
          : sql`u.email_keys && array(select lower(v) from unnest(${values}::text[]) v)`,
    },
    displayName: {
      kind: 'condition',
      where: (values) => lowerIsOneOf(sql`(u.attributes ->> 'displayName')`, values),
    },
  },
};
