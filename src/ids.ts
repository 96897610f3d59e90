import { v7 } from 'uuid';

declare const brand: unique symbol;

/** A UUID that names one kind of thing, so that a group's id can't be handed where a user's is asked. */
type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type WorkspaceId = Id<'workspace'>;
export type TokenId = Id<'token'>;
export type UserId = Id<'user'>;
export type GroupId = Id<'group'>;
export type ProductId = Id<'product'>;
export type LicenseId = Id<'license'>;
export type OrganizationId = Id<'organization'>;
export type ProjectId = Id<'project'>;
export type RoleId = Id<'role'>;
export type GrantId = Id<'grant'>;
export type EventId = Id<'event'>;
export type InvitationId = Id<'invitation'>;
export type MachineId = Id<'machine'>;

/** A new id: UUID version 7 (RFC 9562), so that ids sort by their time of making and indexes grow at one end. */
// The caller says which kind it makes.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function newId<T extends Id<string>>(): T {
  return v7() as T;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The text as an id in its canonical lower case, or undefined when it can't be one. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function asId<T extends Id<string>>(text: string): T | undefined {
  return UUID.test(text) ? (text.toLowerCase() as T) : undefined;
}
