import type { ExpectedVersions } from '../../core/users/replace.ts';

/** A version as an entity tag: weak, because what is derived (groups, access) is not in it. */
export function etag(version: number): string {
  return `W/"${version}"`;
}

/**
 * `If-Match`, or the `version` of a bulk operation, as versions (RFC 7644 section 3.14): undefined for any. Weak tags
 * are what we give out, so tags are compared weakly. One that isn't ours, or is no tag at all, matches nothing: what
 * was to happen only to a certain version does not happen to another.
 */
export function expectedVersions(condition: string | undefined): ExpectedVersions {
  if (condition === undefined || condition.trim() === '*') return undefined;
  return opaqueTags(condition).map((opaque) => (/^[1-9]\d{0,14}$/.test(opaque) ? Number(opaque) : NaN));
}

/** Whether `If-None-Match` (RFC 9110 section 13.1.2) names the version that is there. */
export function isKnown(condition: string | undefined, current: string): boolean {
  if (condition === undefined) return false;
  if (condition.trim() === '*') return true;
  const [opaque] = opaqueTags(current);
  return opaque !== undefined && opaqueTags(condition).includes(opaque);
}

/** What stands between the quotes of each tag of a list. A tag may hold commas. */
function opaqueTags(list: string): string[] {
  return [...list.matchAll(/(?:W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"/g)].map(([, opaque = '']) => opaque);
}
