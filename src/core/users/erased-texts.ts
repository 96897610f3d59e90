import type { UserId } from '../../lib/ids.ts';
import { asId } from '../../lib/ids.ts';
import {
  eachPageOfRequests,
  type FoundRequest,
  idsOfRecords,
  keepErasedTexts,
  type KeyedText,
  keysOfOthers,
  rareKeys,
  rewriteRequests,
} from '../../store/audit/scim-request-texts.ts';
import { holdNoting, pathOfResources } from '../../store/audit/scim-requests.ts';
import { type ProfileText, profileTexts } from '../../store/users/profile-texts.ts';
import { ERASED_TEXT, nameKey, tellsOfNobody, withoutTexts } from '../audit/identifier-index.ts';
import type { Change } from '../change/change.ts';

/** The texts of a person, for finding requests that mention them without their id. */
export interface PersonTexts {
  /** User names, addresses and externalIds: a request containing one is about the person. */
  readonly identity: readonly string[];
  /** Texts that few others share: the family name, telephone numbers. */
  readonly own: readonly string[];
  /** Texts that many share: the given name, the department, the city. */
  readonly shared: readonly string[];
}

/** Attributes whose texts few others share. */
const OWN: ReadonlySet<string> = new Set(
  (
    'displayName formatted familyName middleName nickName profileUrl emails phoneNumbers ims photos x509Certificates ' +
    'employeeNumber'
  ).split(' '),
);

/** A shared text found in more requests than this is too common to identify anybody. */
const MAX_REQUESTS = 1_000;
/** Texts per query. */
const BATCH_SIZE = 500;

/** Collects all texts of a person whose `identity` is known. */
export async function collectPersonTexts(
  c: Change,
  id: UserId,
  identity: readonly string[],
): Promise<PersonTexts> {
  const texts = await profileTexts(c.scope, id);
  const of = (attribute: string) =>
    texts.filter((row) => row.attribute === attribute).map(({ text }) => text);
  const locals = [...identity, ...of('emails')].flatMap((text) => /^([^@\s]{2,})@/.exec(text)?.[1] ?? []);
  const own = texts.filter(({ attribute }) => OWN.has(attribute)).map(({ text }) => text);
  const others = texts.filter(({ attribute }) => !OWN.has(attribute));
  return {
    identity,
    own: distinct([...own, ...locals, ...fullNames(of('givenName'), of('familyName'))]),
    shared: distinct([
      ...others.map(({ text }) => text),
      ...[...own, ...identity].flatMap(wordsOf),
      ...wordsIn(others),
    ]),
  };
}

/** The ways to write a full name. */
function fullNames(given: readonly string[], family: readonly string[]): string[] {
  const pairs = given
    .slice(0, 16)
    .flatMap((first) => family.slice(0, 16).map((last) => [first, last] as const));
  return pairs.flatMap(([first, last]) => [`${first} ${last}`, `${last} ${first}`, `${last}, ${first}`]);
}

/** The words of a text as an unquoted filter would split it; an error message may quote one of them. */
function wordsOf(text: string): string[] {
  const words = text.split(/[\s()[\]"',;]+/);
  return words.length > 1 && words.length <= 16 ? words.filter((word) => word.length > 2) : [];
}

function wordsIn(texts: readonly ProfileText[]): string[] {
  return texts.flatMap(({ text }) => wordsOf(text));
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => !tellsOfNobody(text));
}

/**
 * Erases a person from the provisioning log: clears requests about them, and removes their texts from other requests. A
 * shared text stays where the request mentions another user who has it, too. Logging waits until the change ends, and
 * requests received before but written after it are redacted as well.
 */
export async function eraseFromProvisioningLog(c: Change, id: UserId, texts: PersonTexts): Promise<void> {
  const { workspaceId } = c.caller;
  const others = await findRecordIds(c, [...texts.identity, ...texts.own, ...texts.shared]);
  const keyed = (list: readonly string[]) =>
    list.map((text) => ({ text, key: nameKey(workspaceId, text) })).filter(({ key }) => !others.has(key));
  const [identity, own, shared] = [keyed(texts.identity), keyed(texts.own), keyed(texts.shared)];
  await holdNoting(c.scope);
  await clearRequestsAbout(c, [id, ...keysOf(identity)], keysOf([...identity, ...own, ...shared]));
  await removeOwnTexts(c, own);
  await removeSharedTexts(c, id, shared);
  for (const keys of batchesOf(keysOf([...identity, ...own]))) await keepErasedTexts(c.scope, keys, false);
  for (const keys of batchesOf(keysOf(shared))) await keepErasedTexts(c.scope, keys, true);
}

/** The texts that are ids of other records, such as a manager's, and so don't belong to the person. */
async function findRecordIds(c: Change, texts: readonly string[]): Promise<ReadonlySet<string>> {
  const ids = [...new Set(texts.flatMap((text) => asId(text) ?? []))];
  const recordIds = new Set<string>();
  for (const part of batchesOf(ids)) for (const id of await idsOfRecords(c.scope, part)) recordIds.add(id);
  return recordIds;
}

function keysOf(texts: readonly KeyedText[]): string[] {
  return [...new Set(texts.map(({ key }) => key))];
}

function batchesOf<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / BATCH_SIZE);
  return Array.from({ length: count }, (_, part) => all.slice(part * BATCH_SIZE, (part + 1) * BATCH_SIZE));
}

/** Clears the requests that mention the person by id or name key, and removes the person's keys from them. */
async function clearRequestsAbout(
  c: Change,
  mentioned: readonly string[],
  keys: readonly string[],
): Promise<void> {
  const erased = new Set(keys);
  for (const part of batchesOf(mentioned))
    await eachPageOfRequests(c.scope, part, (page) => {
      const emptied = page.map(({ id, path, mentions }) => ({
        id,
        query: null,
        body: null,
        detail: null,
        path: pathOfResources(redactIds(path, erased)),
        mentions: mentions.filter((key) => !erased.has(key)),
      }));
      return rewriteRequests(c.scope, emptied);
    });
}

/** Redacts path segments that are among the keys: externalIds in the form of an id. */
function redactIds(path: string, keys: ReadonlySet<string>): string {
  return path
    .split('/')
    .map((segment) => (keys.has(asId(segment) ?? '') ? ERASED_TEXT : segment))
    .join('/');
}

/** Removes texts from all requests that contain them. */
async function removeOwnTexts(c: Change, texts: readonly KeyedText[]): Promise<void> {
  for (const keys of batchesOf(keysOf(texts))) {
    const erased = new Set(keys);
    await eachPageOfRequests(c.scope, keys, (page) => rewriteWithoutTexts(c, page, () => erased));
  }
}

/** Removes texts from requests, except very common ones and those of other users whom the request mentions. */
async function removeSharedTexts(c: Change, id: UserId, texts: readonly KeyedText[]): Promise<void> {
  for (const part of batchesOf(texts)) {
    const rare = new Set(await rareKeys(c.scope, keysOf(part), MAX_REQUESTS));
    await eachPageOfRequests(c.scope, [...rare], async (page) => {
      const mentioned = new Set(page.flatMap(({ mentions }) => mentions));
      const mentionedTexts = part.filter(({ key }) => rare.has(key) && mentioned.has(key));
      const requests = page.map((request) => request.id);
      const ofOthers = await keysOfOthers(c.scope, id, mentionedTexts, requests);
      const heldKeys = keysOf(mentionedTexts);
      await rewriteWithoutTexts(c, page, (request) => {
        const left = ofOthers.get(request.id);
        return new Set(heldKeys.filter((key) => !left?.has(key)));
      });
    });
  }
}

/** Rewrites requests without the texts of some keys, and without the keys. */
function rewriteWithoutTexts(
  c: Change,
  page: readonly FoundRequest[],
  keysFor: (request: FoundRequest) => ReadonlySet<string>,
): Promise<void> {
  const { workspaceId } = c.caller;
  const rewritten = page.map((request) => {
    const keys = keysFor(request);
    const mentions = request.mentions.filter((key) => !keys.has(key));
    return { ...withoutTexts(request, workspaceId, keys), mentions };
  });
  return rewriteRequests(c.scope, rewritten);
}
