import { asId } from '../../lib/ids.ts';
import { looksRandom, maskedText } from '../../lib/secrets.ts';
import { isKnownName, NOT_KEPT } from './words.ts';

const RESOURCES: ReadonlySet<string> = new Set(
  '|scim|v2|users|groups|me|bulk|schemas|resourcetypes|serviceproviderconfig|.search'.split('|'),
);
const LONGEST = 255;

/** Whether a segment of a path is a name of ours. */
export function isResource(segment: string): boolean {
  return RESOURCES.has(segment.toLowerCase());
}

/**
 * A request's path as it is kept: the names of resources, ids, and where an id should stand a name that somebody wrote
 * there, by which it is found again. Of anything else, and of what may be a token, nothing.
 */
export function keptUrlPath(path: string): string {
  const segments = path.split('/');
  return segments
    .map((segment, index) => keptSegment(segment, segments[index - 1] ?? ''))
    .slice(0, 16)
    .join('/');
}

function keptSegment(segment: string, before: string): string {
  if (isResource(segment) || asId(segment) || isUrn(segment)) return segment;
  if (/^bulkId:[\w.-]{1,64}$/.test(segment) && !looksRandom(segment)) return segment;
  if (!/^(?:users|groups)$/i.test(before)) return NOT_KEPT;
  const name = decoded(segment);
  const isName =
    name !== undefined && name.length <= LONGEST && /^[\p{L}\p{M}\p{N} @.+_'!#$&*~-]+$/u.test(name);
  return isName && !looksRandom(name) && maskedText(name) === name ? segment : NOT_KEPT;
}

/** A URN of our schemas. */
function isUrn(segment: string): boolean {
  return segment.includes(':') && isKnownName(segment);
}

/** Decoded once: what is encoded twice names nobody. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
