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

/** The texts of a person by which requests are found that name them without their id. */
export interface PersonTexts {
  /** Names, addresses and externalIds: a request that holds one is about the person. */
  readonly identity: readonly string[];
  /** What is hardly anybody else's: the family name, telephone numbers. */
  readonly own: readonly string[];
  /** What many share: the given name, the department, the place. */
  readonly shared: readonly string[];
}

/** Attributes whose texts are hardly anybody else's. */
const OWN: ReadonlySet<string> = new Set(
  (
    'displayName formatted familyName middleName nickName profileUrl emails phoneNumbers ims photos x509Certificates ' +
    'employeeNumber'
  ).split(' '),
);

/** A shared text that stands in more requests than these is that of many people and tells of nobody. */
const MOST_REQUESTS = 1_000;
/** Texts that are looked for at once. */
const TEXTS_AT_ONCE = 500;

/** All texts of a person, of whom `identity` is known. */
export async function personTexts(c: Change, id: UserId, identity: readonly string[]): Promise<PersonTexts> {
  const texts = await profileTexts(c.scope, id);
  const of = (attribute: string) =>
    texts.filter((one) => one.attribute === attribute).map(({ text }) => text);
  const locals = [...identity, ...of('emails')].flatMap((text) => /^([^@\s]{2,})@/.exec(text)?.[1] ?? []);
  const own = texts.filter(({ attribute }) => OWN.has(attribute)).map(({ text }) => text);
  const others = texts.filter(({ attribute }) => !OWN.has(attribute));
  return {
    identity,
    own: distinct([...own, ...locals, ...combined(of('givenName'), of('familyName'))]),
    shared: distinct([
      ...others.map(({ text }) => text),
      ...[...own, ...identity].flatMap(wordsOf),
      ...wordsIn(others),
    ]),
  };
}

/** Ways of writing a whole name. */
function combined(given: readonly string[], family: readonly string[]): string[] {
  const both = given.slice(0, 16).flatMap((one) => family.slice(0, 16).map((other) => [one, other] as const));
  return both.flatMap(([one, other]) => [`${one} ${other}`, `${other} ${one}`, `${other}, ${one}`]);
}

/** The words of a text as a filter without quotes cuts it, of which an error may quote one. */
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
 * Takes a person out of the provisioning log: all that was said by requests that are about them, and out of others the
 * texts that are theirs. What many share stays where another user is mentioned who has that text, too. None is noted
 * from here to the end of the change, and what was noted before it and is written after it says nothing either.
 */
export async function eraseFromProvisioningLog(c: Change, id: UserId, texts: PersonTexts): Promise<void> {
  const { workspaceId } = c.caller;
  const others = await idsAmong(c, [...texts.identity, ...texts.own, ...texts.shared]);
  const keyed = (list: readonly string[]) =>
    list.map((text) => ({ text, key: nameKey(workspaceId, text) })).filter(({ key }) => !others.has(key));
  const [identity, own, shared] = [keyed(texts.identity), keyed(texts.own), keyed(texts.shared)];
  await holdNoting(c.scope);
  await emptyAbout(c, [id, ...keysOf(identity)], keysOf([...identity, ...own, ...shared]));
  await takeOutOwn(c, own);
  await takeOutShared(c, id, shared);
  for (const keys of partsOf(keysOf([...identity, ...own]))) await keepErasedTexts(c.scope, keys, false);
  for (const keys of partsOf(keysOf(shared))) await keepErasedTexts(c.scope, keys, true);
}

/** Those texts that are the ids of records here, such as a manager's: what is said of these is not the person's. */
async function idsAmong(c: Change, texts: readonly string[]): Promise<ReadonlySet<string>> {
  const ids = [...new Set(texts.flatMap((text) => asId(text) ?? []))];
  const found = new Set<string>();
  for (const part of partsOf(ids)) for (const id of await idsOfRecords(c.scope, part)) found.add(id);
  return found;
}

function keysOf(texts: readonly KeyedText[]): string[] {
  return [...new Set(texts.map(({ key }) => key))];
}

function partsOf<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / TEXTS_AT_ONCE);
  return Array.from({ length: count }, (_, part) =>
    all.slice(part * TEXTS_AT_ONCE, (part + 1) * TEXTS_AT_ONCE),
  );
}

/** Empties the requests that mention the person by id or by a key of their names; of none a key of theirs is left. */
async function emptyAbout(c: Change, mentioned: readonly string[], keys: readonly string[]): Promise<void> {
  const erased = new Set(keys);
  for (const part of partsOf(mentioned))
    await eachPageOfRequests(c.scope, part, (page) => {
      const emptied = page.map(({ id, path, mentions }) => ({
        ...{ id, query: null, body: null, detail: null },
        path: pathOfResources(withoutIds(path, erased)),
        mentions: mentions.filter((one) => !erased.has(one)),
      }));
      return rewriteRequests(c.scope, emptied);
    });
}

/** A path without ids that are among some keys: each is an externalId in the form of an id. */
function withoutIds(path: string, keys: ReadonlySet<string>): string {
  return path
    .split('/')
    .map((segment) => (keys.has(asId(segment) ?? '') ? ERASED_TEXT : segment))
    .join('/');
}

/** Takes texts out of all requests that hold them. */
async function takeOutOwn(c: Change, texts: readonly KeyedText[]): Promise<void> {
  for (const keys of partsOf(keysOf(texts))) {
    const erased = new Set(keys);
    await eachPageOfRequests(c.scope, keys, (page) => rewriteWithout(c, page, () => erased));
  }
}

/** Takes texts out of requests that hold them, but for those of others whom a request mentions, and of very many. */
async function takeOutShared(c: Change, id: UserId, texts: readonly KeyedText[]): Promise<void> {
  for (const part of partsOf(texts)) {
    const rare = new Set(await rareKeys(c.scope, keysOf(part), MOST_REQUESTS));
    await eachPageOfRequests(c.scope, [...rare], async (page) => {
      const mentioned = new Set(page.flatMap(({ mentions }) => mentions));
      const held = part.filter(({ key }) => rare.has(key) && mentioned.has(key));
      const requests = page.map((request) => request.id);
      const ofOthers = await keysOfOthers(c.scope, id, held, requests);
      const heldKeys = keysOf(held);
      await rewriteWithout(c, page, (request) => {
        const left = ofOthers.get(request.id);
        return new Set(heldKeys.filter((key) => !left?.has(key)));
      });
    });
  }
}

/** Writes requests as they are without the texts of some keys, which go with them. */
function rewriteWithout(
  c: Change,
  page: readonly FoundRequest[],
  keysFor: (request: FoundRequest) => ReadonlySet<string>,
): Promise<void> {
  const { workspaceId } = c.caller;
  const rewritten = page.map((request) => {
    const keys = keysFor(request);
    const mentions = request.mentions.filter((one) => !keys.has(one));
    return { ...withoutTexts(request, workspaceId, keys), mentions };
  });
  return rewriteRequests(c.scope, rewritten);
}
