import type { UserId } from '../../lib/ids.ts';
import {
  type FoundRequest,
  keepErasedTexts,
  type KeyedText,
  rareKeys,
  requestsWithTexts,
  rewriteRequests,
} from '../../store/audit/scim-request-texts.ts';
import { eraseProvisioningRequests } from '../../store/audit/scim-requests.ts';
import { type ProfileText, profileTexts } from '../../store/users/profile-texts.ts';
import { nameKey, tellsOfNobody, withoutTexts } from '../audit/identifier-index.ts';
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

/** A text that stands in more requests than these is that of many people and tells of nobody. */
const MOST_REQUESTS = 1_000;
const PAGE = 100;

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
 * texts that are theirs. What many share stays where another user is mentioned who has that text, too.
 */
export async function eraseFromProvisioningLog(c: Change, id: UserId, texts: PersonTexts): Promise<void> {
  const { workspaceId } = c.caller;
  const keyed = (list: readonly string[]) => list.map((text) => ({ text, key: nameKey(workspaceId, text) }));
  const [identity, own, shared] = [keyed(texts.identity), keyed(texts.own), keyed(texts.shared)];
  await eraseProvisioningRequests(c.scope, id, keysOf(identity), keysOf([...own, ...shared]));
  await keepErasedTexts(c.scope, keysOf([...identity, ...own]), { at: c.at, isShared: false });
  await keepErasedTexts(c.scope, keysOf(shared), { at: c.at, isShared: true });
  await takeOut(c, id, own, () => []);
  await takeOut(c, id, shared, (request) => request.of_others);
}

function keysOf(texts: readonly KeyedText[]): string[] {
  return [...new Set(texts.map(({ key }) => key))];
}

/** Takes texts out of all requests that hold them, but for those that `leave` leaves in one. */
async function takeOut(
  c: Change,
  id: UserId,
  texts: readonly KeyedText[],
  leave: (request: FoundRequest) => readonly string[],
): Promise<void> {
  const { workspaceId } = c.caller;
  const rare = new Set(await rareKeys(c.scope, keysOf(texts), MOST_REQUESTS));
  const erased = texts.filter(({ key }) => rare.has(key));
  if (erased.length === 0) return;
  for (let after: string | undefined; ;) {
    const page = await requestsWithTexts(c.scope, id, erased, { after, limit: PAGE });
    if (page.length === 0) return;
    const rewritten = page.map((request) => {
      const left = leave(request);
      const keys = new Set(keysOf(erased).filter((key) => !left.includes(key)));
      return { ...withoutTexts(request, workspaceId, keys), of_others: left };
    });
    await rewriteRequests(c.scope, rewritten, keysOf(erased));
    after = page.at(-1)?.id;
  }
}
