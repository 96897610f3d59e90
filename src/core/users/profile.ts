import { isDeepStrictEqual } from 'node:util';
import { invalid } from '../../lib/errors.ts';
import type { JsonObject, UserRow } from '../../store/users/users.ts';
import { findAddressProblem } from '../invitations/addresses.ts';
import { isName, NAME_RULE } from '../shared/names.ts';

/** A telephone number or an e-mail address. */
export interface Contact {
  readonly value: string;
  readonly type?: string | undefined;
  readonly display?: string | undefined;
  readonly primary?: boolean | undefined;
}

/** A postal address. */
export interface PostalAddress {
  readonly formatted?: string | undefined;
  readonly streetAddress?: string | undefined;
  readonly locality?: string | undefined;
  readonly region?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly country?: string | undefined;
  readonly type?: string | undefined;
  readonly primary?: boolean | undefined;
}

/** The profile fields that an admin may change; null or an empty list removes one, undefined leaves it as it is. */
export interface ProfileInput {
  /** Composed of given and family name when only those are sent. */
  readonly fullName?: string | null | undefined;
  readonly givenName?: string | null | undefined;
  readonly familyName?: string | null | undefined;
  readonly title?: string | null | undefined;
  /** A URL. */
  readonly picture?: string | null | undefined;
  /** YYYY-MM-DD */
  readonly startDate?: string | null | undefined;
  readonly emails?: readonly Contact[] | undefined;
  readonly phoneNumbers?: readonly Contact[] | undefined;
  readonly addresses?: readonly PostalAddress[] | undefined;
}

/** The columns of a user's row that make up the profile. */
export type Profile = Pick<UserRow, 'attributes' | 'start_date'>;

/** A user's profile as clients read it. */
export function profileOf({ attributes, full_name, start_date }: UserRow) {
  const name = objectIn(attributes, 'name');
  return {
    fullName: full_name,
    givenName: textIn(name, 'givenName'),
    familyName: textIn(name, 'familyName'),
    title: textIn(attributes, 'title'),
    picture: pictureIn(attributes),
    startDate: start_date,
    emails: attributes['emails'] ?? [],
    phoneNumbers: attributes['phoneNumbers'] ?? [],
    addresses: attributes['addresses'] ?? [],
  } satisfies Record<keyof ProfileInput, unknown>;
}

/** The fields of an input that would change the profile; values sent back as they were read don't. */
export function changedFields(user: UserRow, input: ProfileInput): (keyof ProfileInput)[] {
  const now = profileOf(user);
  const names = Object.keys(now) as (keyof ProfileInput)[];
  return names.filter((name) => input[name] !== undefined && !isDeepStrictEqual(now[name], input[name]));
}

/** The profile with the changes applied. Throws `invalid` for unusable names, addresses and URLs. */
export function applyProfile(user: UserRow, input: ProfileInput): Profile {
  const fields = changedFields(user, input);
  const changes = Object.fromEntries(fields.map((name) => [name, input[name]])) as ProfileInput;
  assertProfile(changes);
  const { title, picture, startDate, emails, phoneNumbers, addresses } = changes;
  return {
    attributes: {
      ...without(user.attributes, [
        ...(title === undefined ? [] : ['title']),
        ...(picture === undefined ? [] : ['photos']),
        ...(emails ? ['emails'] : []),
        ...(phoneNumbers ? ['phoneNumbers'] : []),
        ...(addresses ? ['addresses'] : []),
        'displayName',
        'name',
      ]),
      ...nameAttributes(user, changes),
      ...(title ? { title } : {}),
      ...(picture ? { photos: [{ value: picture, type: 'photo', primary: true }] } : {}),
      ...listAttribute('emails', emails),
      ...listAttribute('phoneNumbers', phoneNumbers),
      ...listAttribute('addresses', addresses),
    },
    start_date: startDate === undefined ? user.start_date : startDate,
  };
}

function nameAttributes({ attributes }: UserRow, input: ProfileInput): JsonObject {
  const { givenName, familyName, fullName } = input;
  const name: Record<string, unknown> = { ...objectIn(attributes, 'name') };
  setOrDelete(name, 'givenName', givenName);
  setOrDelete(name, 'familyName', familyName);
  let displayName = attributes['displayName'];
  const isPartGiven = givenName !== undefined || familyName !== undefined;
  if (fullName !== undefined || isPartGiven) {
    const parts = [name['givenName'], name['familyName']].filter((part) => typeof part === 'string');
    const full = fullName === undefined ? parts.join(' ') : (fullName ?? '');
    setOrDelete(name, 'formatted', full === '' ? null : full);
    displayName = full === '' ? undefined : full;
  }
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(Object.keys(name).length > 0 ? { name: name as JsonObject } : {}),
  };
}

function setOrDelete(object: Record<string, unknown>, name: string, value: string | null | undefined): void {
  if (value === null) Reflect.deleteProperty(object, name);
  else if (value !== undefined) object[name] = value;
}

function listAttribute(name: string, elements: readonly object[] | undefined): JsonObject {
  if (!elements || elements.length === 0) return {};
  // Drops undefined properties.
  return { [name]: JSON.parse(JSON.stringify(elements)) as JsonObject[] };
}

function without(attributes: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

function assertProfile(input: ProfileInput): void {
  for (const field of ['fullName', 'givenName', 'familyName', 'title'] as const) {
    const text = input[field];
    if (typeof text === 'string' && !isName(text)) {
      throw invalid(field, `has ${NAME_RULE}, and no outer spaces.`);
    }
  }
  if (typeof input.picture === 'string') assertPictureUrl(input.picture);
  for (const field of ['emails', 'phoneNumbers', 'addresses'] as const) {
    const elements = input[field] ?? [];
    if (elements.filter((element) => element.primary).length > 1) {
      throw invalid(field, 'Only one of them can be primary.');
    }
    elements.forEach((element, index) => assertTexts(`${field}[${index}]`, element));
  }
  input.emails?.forEach(({ value }, index) => {
    const problem = findAddressProblem(value);
    if (problem !== undefined) throw invalid(`emails[${index}].value`, problem);
  });
}

const MAX_URL_LENGTH = 2000;

function assertPictureUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && text.length <= MAX_URL_LENGTH) return;
  throw invalid(
    'picture',
    `The URL of a picture begins with https:// or http:// and has at most ${MAX_URL_LENGTH} characters.`,
  );
}

function assertTexts(field: string, element: object): void {
  const texts = Object.entries(element).filter(([, value]) => typeof value === 'string');
  if (texts.length === 0) throw invalid(field, 'This entry is empty. Give it a value, or leave it out.');
  for (const [name, value] of texts as [string, string][]) {
    // A formatted address may have several lines.
    const line = name === 'formatted' ? value.replace(/\r?\n/g, ' ') : value;
    if (!isName(line.trim())) {
      throw invalid(`${field}.${name}`, `has ${NAME_RULE}.`);
    }
  }
}

function pictureIn(attributes: JsonObject): string | null {
  const photos = attributes['photos'];
  if (!Array.isArray(photos)) return null;
  const elements = photos as readonly JsonObject[];
  const first = elements.find((photo) => photo['primary'] === true) ?? elements[0];
  return first ? textIn(first, 'value') : null;
}

function objectIn(attributes: JsonObject, name: string): JsonObject {
  const value = attributes[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function textIn(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === 'string' ? value : null;
}
