import { hash } from 'node:crypto';
import { asId, type WorkspaceId } from '../ids.ts';
import type { ProvisioningRequestRow } from '../store/provisioning-log.ts';
import { preparedUserName } from './users/user-name.ts';

/** Keys kept for one request: as many names as a body that is kept can hold, about. */
const MOST = 200;

/**
 * A name, address or externalId as the provisioning log finds it again: in the form of an id, so that it can stand
 * among those of the users that a request mentions. Without regard to case. What has that form is there as it is.
 */
export function nameKey(workspaceId: WorkspaceId, name: string): string {
  const id = asId(name);
  if (id) return id;
  const hex = hash('sha256', `${workspaceId} ${preparedUserName(name).toLowerCase()}`, 'hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * The keys of what may be a person's name in the text that is kept of a request: a lookup by userName, or a POST that
 * was refused, mentions nobody by id, and must be found when that person is erased.
 */
export function mentionedNames(
  workspaceId: WorkspaceId,
  { path, query, body, detail }: Pick<ProvisioningRequestRow, 'path' | 'query' | 'body' | 'detail'>,
): string[] {
  const names = new Set<string>();
  const [, user = ''] = /\/Users\/([^/]+)/i.exec(path) ?? [];
  names.add(decoded(user));
  for (const name of quoted(query ?? '')) names.add(name);
  for (const name of quoted(detail ?? '')) names.add(name);
  for (const name of named(body ?? '')) names.add(name);
  return [...names]
    .filter((name) => name.trim() !== '' && !asId(name))
    .slice(0, MOST)
    .map((name) => nameKey(workspaceId, name));
}

// What is not closed goes to the end: to look for the end of each quote anew would take as long as the square of it.
const TEXT = /"((?:[^"\\]|\\.)*)(?:"|\\?$)/gs;

/** Everything in quotes: what a filter compares with, or what a message is about. */
function quoted(text: string): string[] {
  return [...text.matchAll(TEXT)].map(([, inner = '']) => unescaped(inner));
}

/** Attributes by which a body names a person, wherever they stand in it, and those that hold a filter. */
const NAMING =
  /(?:(filter|path)|userName|externalId|value|display|displayName|formatted)"\s*:\s*"((?:[^"\\]|\\.)*)(?:"|\\?$)/gis;

/** The values of naming attributes in JSON that may be cut off. */
function named(json: string): string[] {
  return [...json.matchAll(NAMING)].flatMap(([, isFilter, inner = '']) =>
    isFilter === undefined ? unescaped(inner) : quoted(unescaped(inner)),
  );
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
