import { isDeepStrictEqual } from 'node:util';
import type { PushedValue } from '../../store/access/direct-grants.ts';
import type { JsonObject, UserRow, UserState } from '../../store/users/users.ts';

/** A user as an identity provider sends it. */
export interface UserInput {
  readonly userName: string;
  readonly externalId: string | null;
  /** Undefined leaves the status as it is; a new user is active unless this is false. */
  readonly active: boolean | undefined;
  /** Attributes that are only stored and returned, by canonical name. */
  readonly attributes: JsonObject;
  /** The values of the pushed `roles` and `entitlements`. */
  readonly pushed: readonly PushedValue[];
  /** The key of an organization. */
  readonly organization: string | null;
  /** YYYY-MM-DD */
  readonly startDate: string | null;
}

/** The state of a user who has just become active. */
export function activated(state: UserState, at: Date): UserState {
  if (state.status === 'active') return state;
  return { ...state, status: 'active', joined_at: state.joined_at ?? at, active_since: at, removed_at: null };
}

/** The state of a user who has just become inactive. */
export function deactivated(state: UserState, at: Date): UserState {
  if (state.status === 'inactive') return state;
  return { ...state, status: 'inactive', active_since: null, removed_at: at };
}

/** Applies the pushed `active`; a pending user for whom false is pushed stays pending. */
export function withActive(state: UserState, active: boolean | undefined, at: Date): UserState {
  if (active === true) return activated(state, at);
  if (active === false && state.status === 'active') return deactivated(state, at);
  return state;
}

/** The columns that the audit records. */
export type AuditedRow = UserState & Pick<UserRow, 'organization'>;

const AUDITED: Readonly<Record<string, keyof AuditedRow>> = {
  userName: 'user_name',
  externalId: 'external_id',
  status: 'status',
  managedBy: 'managed_by',
  organization: 'organization',
  startDate: 'start_date',
};

/** What the audit records of a user: fields and attributes by name, without unassigned ones. */
export function auditedFields(row: AuditedRow): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...row.attributes };
  for (const [name, column] of Object.entries(AUDITED)) {
    if (row[column] !== null) fields[name] = row[column];
  }
  // Not under `organization`, which survives an erasure: a pushed value that matches none may name a person.
  if (row.organization_pushed !== null) fields['pushedOrganization'] = row.organization_pushed;
  return fields;
}

/** The audited fields that differ between two versions of a user; null when none do. */
export function diffUser(
  before: AuditedRow,
  after: AuditedRow,
): { before: Record<string, unknown>; after: Record<string, unknown> } | null {
  const [was, is] = [auditedFields(before), auditedFields(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => !isDeepStrictEqual(was[name], is[name]),
  );
  if (names.length === 0) return null;
  const valuesOf = (from: Record<string, unknown>) =>
    Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  return { before: valuesOf(was), after: valuesOf(is) };
}

const STATE_COLUMNS = [
  'user_name',
  'external_id',
  'status',
  'source',
  'managed_by',
  'attributes',
  'organization_id',
  'organization_pushed',
  'organization_last_pushed',
  'start_date',
  'joined_at',
  'active_since',
  'removed_at',
  'deleted_at',
] as const satisfies readonly (keyof UserState)[];

/** The part of a row that can be written. */
export function stateOf(row: UserRow): UserState {
  return pick(row, STATE_COLUMNS);
}

function pick<Row, Column extends keyof Row>(row: Row, columns: readonly Column[]): Pick<Row, Column> {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<Row, Column>;
}
