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
export type ReviewId = Id<'review'>;

/** A new id: UUID version 7 (RFC 9562), so that ids sort by their time of making and indexes grow at one end. */
// The caller says which kind it makes.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function newId<T extends Id<string>>(): T {
  const random = nextRandom();
  const now = Date.now();
  if (now > last.msecs)
    last = { msecs: now, seq: new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1 };
  else last = { msecs: last.msecs, seq: last.seq + 1 };
  return v7({ random, ...last }) as T;
}

/** What the newest id counts by: those of one millisecond go up by one each. */
let last = { msecs: 0, seq: 0 };

const RANDOM_BYTES = 16;
/** Random bytes for many ids: to ask the system for each costs more than the rest of making one. */
const pool = new Uint8Array(256 * RANDOM_BYTES);
let used = pool.length;

function nextRandom(): Uint8Array {
  if (used >= pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return pool.subarray(used - RANDOM_BYTES, used);
}

const SHAPE = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const UUID = new RegExp(`^${SHAPE}$`, 'i');
const UUIDS = new RegExp(SHAPE, 'gi');

/** The text as an id in its canonical lower case, or undefined when it can't be one. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function asId<T extends Id<string>>(text: string): T | undefined {
  return UUID.test(text) ? (text.toLowerCase() as T) : undefined;
}

/** Each id that stands in a text, in lower case, in order. */
export function* idsIn(text: string): Generator<string> {
  for (const [id] of text.matchAll(UUIDS)) yield id.toLowerCase();
}
