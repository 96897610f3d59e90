import { hash } from 'node:crypto';
import { asId, type WorkspaceId } from '../../lib/ids.ts';
import type { ProvisioningRequestRow } from '../../store/audit/scim-requests.ts';
import { prepareUserName } from '../shared/user-name.ts';

export { LONGEST_TEXT } from '../../store/users/profile-texts.ts';

/** What is kept of a request that may name people. Every text in it stands in JSON's quotes, but for the path. */
export type KeptTexts = Pick<ProvisioningRequestRow, 'path' | 'query' | 'body' | 'detail'>;

/** What stands where a text of an erased person stood. */
export const ERASED_TEXT = '(erased)';

/** Words that tell of nobody, though they stand in people's profiles: canonical values (RFC 7643 section 4.1.2). */
const OF_NOBODY: ReadonlySet<string> = new Set(
  (
    'work home other mobile fax pager aim gtalk icq xmpp msn skype qq yahoo photo thumbnail direct indirect ' +
    'true false null add replace remove post put patch delete get yes no primary erased (erased) *** …'
  ).split(' '),
);

/** Whether a text is one that tells of nobody, and is not looked for. */
export function tellsOfNobody(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length < 2 || OF_NOBODY.has(trimmed.toLowerCase());
}

/**
 * A text as the provisioning log finds it again: in the form of an id, so that it can stand among those of the users that
 * a request mentions. Without regard to case, width and white space. What has that form is there as it is.
 */
export function nameKey(workspaceId: WorkspaceId, name: string): string {
  const id = asId(name);
  if (id) return id;
  // Upper case first: it makes one of spellings such as "ß" and "SS".
  const folded = prepareUserName(name).toUpperCase().toLowerCase().normalize('NFC').replace(/\s+/g, ' ');
  const hex = hash('sha256', `${workspaceId} ${folded}`, 'hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Every text that is kept of a request and may be somebody's, each once. */
export function textsIn(kept: KeptTexts): string[] {
  const texts = new Set<string>();
  const note = (text: string) => {
    for (const form of formsOf(text)) texts.add(form);
    return false;
  };
  rewriteTexts(kept, note);
  return [...texts].filter((text) => !tellsOfNobody(text));
}

/** What is kept of a request without the texts that have one of some keys. */
export function withoutTexts<T extends KeptTexts>(
  kept: T,
  workspaceId: WorkspaceId,
  keys: ReadonlySet<string>,
): T {
  const isErased = (text: string) =>
    formsOf(text).some((form) => !tellsOfNobody(form) && keys.has(nameKey(workspaceId, form)));
  return { ...kept, ...rewriteTexts(kept, isErased) };
}

const ADDRESS = /[^\s<>"',;:()[\]/=?&]+@[^\s<>"',;:()[\]/=?&]+/g;

/** What bulkIds and SCIM's URNs are made of. */
const OF_URNS: ReadonlySet<string> = new Set(
  (
    'bulkid urn ietf params scim schemas api messages core extension enterprise rollcall 2.0 user group schema ' +
    'resourcetype serviceproviderconfig listresponse searchrequest patchop bulkrequest bulkresponse error'
  ).split(' '),
);

/**
 * A text and what in it may name somebody by itself: addresses, where a URL or path leads, and what a bulkId or URN says
 * beside words of SCIM's.
 */
function formsOf(text: string): string[] {
  const forms = [text, ...(text.match(ADDRESS) ?? [])];
  if (/^(?:bulkid|urn):/i.test(text))
    forms.push(...text.split(':').filter((part) => !OF_URNS.has(part.toLowerCase())));
  if (text.includes('%')) forms.push(decoded(text));
  if (text.includes('/'))
    forms.push(
      ...text
        .split(/[/?#&=]/)
        .slice(0, 32)
        .map(decoded),
    );
  return forms;
}

/** What is kept with "(erased)" for each text that is to go. */
function rewriteTexts(
  { path, query, body, detail }: KeptTexts,
  isErased: (text: string) => boolean,
): KeptTexts {
  const rewritten = (text: string | null) => (text === null ? null : rewriteLiterals(text, isErased, 0));
  const segments = path.split('/').map((segment) => {
    return segment !== '' && isErased(decoded(segment)) ? ERASED_TEXT : segment;
  });
  return {
    path: segments.join('/'),
    query: rewritten(query),
    body: rewritten(body),
    detail: rewritten(detail),
  };
}

/** JSON's strings and numbers. What is not closed goes to the end: looking for each end anew would be quadratic. */
const LITERAL = /"((?:[^"\\]|\\.)*)(?:"|\\?$)|(?<![\w"-])-?\d[\d.]{3,40}(?![\w"])/gs;
/** Literals within literals: a filter in a body, JSON in a text. */
const DEEPEST = 4;

function rewriteLiterals(text: string, isErased: (text: string) => boolean, depth: number): string {
  return text.replace(LITERAL, (literal: string, inner: string | undefined) => {
    if (inner === undefined) return isErased(literal) ? JSON.stringify(ERASED_TEXT) : literal;
    const value = unescaped(inner);
    if (isErased(value)) return JSON.stringify(ERASED_TEXT);
    if (depth >= DEEPEST || !value.includes('"')) return literal;
    const rewritten = rewriteLiterals(value, isErased, depth + 1);
    return rewritten === value ? literal : JSON.stringify(rewritten);
  });
}

function unescaped(inner: string): string {
  if (!inner.includes('\\')) return inner;
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    return inner;
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
