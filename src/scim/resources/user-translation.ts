import type { AccessRow, ShownUser, UserRow } from '../../core/shared/records.ts';
import type { UserInput } from '../../core/shared/user-state.ts';
import { etag } from '../http/entity-tags.ts';
import type { Json, JsonObject } from '../input/json.ts';
import { isArray, isObject } from '../input/json.ts';
import type { UserDocument } from '../input/user.ts';
import { ROLLCALL_USER } from '../schema/rollcall.ts';
import { userSchema } from '../schema/schema.ts';
import { CORE_USER } from '../schema/urns.ts';

/** What a client wrote, in the words of the core. */
export function toInput(document: UserDocument): UserInput {
  const { [ROLLCALL_USER]: extension, ...attributes } = document.attributes;
  const own = isObject(extension) ? extension : {};
  return {
    userName: document.userName,
    externalId: document.externalId ?? null,
    active: document.active,
    attributes,
    pushed: [...pushed('roles', attributes['roles']), ...pushed('entitlements', attributes['entitlements'])],
    organization: typeof own['organization'] === 'string' ? own['organization'] : null,
    startDate: typeof own['startDate'] === 'string' ? own['startDate'] : null,
  };
}

function pushed(attribute: 'roles' | 'entitlements', elements: Json | undefined): UserInput['pushed'] {
  if (!isArray(elements)) return [];
  return elements.flatMap((element) => {
    const value = isObject(element) ? element['value'] : undefined;
    return typeof value === 'string' ? [{ attribute, value: value.trim() }] : [];
  });
}

/** A user as a PATCH finds it: what a client could have written. */
export function toDocument(row: UserRow): UserDocument {
  const own = writableExtension(row);
  return {
    userName: row.user_name,
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    active: row.status === 'active',
    attributes: {
      ...row.attributes,
      ...(Object.keys(own).length > 0 ? { [ROLLCALL_USER]: own } : {}),
    },
  };
}

function writableExtension(row: UserRow): JsonObject {
  const organization = row.organization_pushed ?? row.organization;
  return {
    ...(organization === null ? {} : { organization }),
    ...(row.start_date === null ? {} : { startDate: row.start_date }),
  };
}

/**
 * A user as SCIM shows it (RFC 7643 section 4.1), written from what is stored. `groups` and `access` are there only
 * when they were loaded.
 */
export function toResource(row: ShownUser, publicUrl: string, access?: readonly AccessRow[]): JsonObject {
  const extensions = userSchema.extensions.filter((urn) => urn !== ROLLCALL_USER && urn in row.attributes);
  return {
    schemas: [CORE_USER, ...extensions, ROLLCALL_USER],
    id: row.id,
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    userName: row.user_name,
    ...row.attributes,
    active: row.status === 'active',
    ...(row.groups && row.groups.length > 0
      ? { groups: row.groups.map((group) => groupOf(group, publicUrl)) }
      : {}),
    [ROLLCALL_USER]: {
      ...writableExtension(row),
      status: row.status,
      ...(row.joined_at ? { joinedAt: row.joined_at.toISOString() } : {}),
      ...(row.last_access_at ? { lastAccessAt: row.last_access_at.toISOString() } : {}),
      ...(access ? { access: access.map(accessOf) } : {}),
    },
    meta: {
      resourceType: 'User',
      created: row.created_at.toISOString(),
      lastModified: row.updated_at.toISOString(),
      location: userLocation(publicUrl, row.id),
      version: etag(row.version),
    },
  };
}

/** A group as its member shows it. */
export function groupOf(group: { id: string; display_name: string }, publicUrl: string): JsonObject {
  return {
    value: group.id,
    $ref: `${publicUrl}/scim/v2/Groups/${group.id}`,
    display: group.display_name,
    type: 'direct',
  };
}

function accessOf(row: AccessRow): JsonObject {
  return {
    kind: row.kind,
    target: row.target,
    level: row.level,
    via: row.group_name === null ? 'direct' : `group:${row.group_name}`,
    since: row.granted_at.toISOString(),
  };
}

/** Where a user is read. */
export function userLocation(publicUrl: string, id: string): string {
  return `${publicUrl}/scim/v2/Users/${id}`;
}
