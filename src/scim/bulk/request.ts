import { isArray, isObject, member } from '../input/json.ts';
import { badRequest, quoted, ScimError } from '../scim-error.ts';
import { referenceOf, referencesIn } from './references.ts';

/** The limits that ServiceProviderConfig names (RFC 7644 section 3.7.4). */
export const MAX_OPERATIONS = 1000;
export const MAX_PAYLOAD_BYTES = 1_048_576;

const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:bulkrequest';

export interface BulkRequest {
  readonly operations: readonly BulkOperation[];
  /** How many errors end the request. */
  readonly failOnErrors: number;
}

/** One operation as the answer speaks of it. */
export interface BulkOperation {
  readonly index: number;
  /** As it was sent. */
  readonly method: unknown;
  readonly bulkId: string | undefined;
  /** What is to be done, or why it cannot be. */
  readonly task: BulkTask | ScimError;
}

/** What an operation is to do. */
export interface BulkTask {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly endpoint: '/Users' | '/Groups';
  /** An id, or `bulkId:…`; empty for a POST. */
  readonly target: string;
  readonly version: string | undefined;
  readonly data: unknown;
  /** The bulkIds that data and target refer to. */
  readonly references: ReadonlySet<string>;
}

/**
 * Reads a bulk request, RFC 7644 section 3.7. What is wrong with the request as a whole is thrown: `invalidSyntax`, or 413
 * for too many operations (section 3.7.4). What is wrong with one operation is that operation's own.
 */
export function readBulkRequest(body: unknown): BulkRequest {
  if (!isObject(body)) throw malformed('A bulk request is a JSON object with "Operations".');
  const schemas = member(body, 'schemas');
  if (
    isArray(schemas) &&
    !schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === BULK_REQUEST)
  ) {
    throw malformed('The "schemas" of a bulk request must hold the URN of BulkRequest.');
  }
  const list = member(body, 'operations');
  if (!isArray(list)) throw malformed('"Operations" must be an array.');
  if (list.length > MAX_OPERATIONS) {
    const sent = `${list.length} operations were sent`;
    throw new ScimError(
      413,
      undefined,
      `${sent}; a bulk request may have ${MAX_OPERATIONS} (maxOperations).`,
    );
  }
  const operations = list.map(readOperation);
  refuseDuplicates(operations);
  return { operations, failOnErrors: readFailOnErrors(member(body, 'failonerrors')) };
}

/** Clients that have nothing to say send 0 or null. */
function readFailOnErrors(value: unknown): number {
  if (value === undefined || value === null || value === 0) return Infinity;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw malformed('"failOnErrors" must be a whole number from 1.');
}

function refuseDuplicates(operations: readonly BulkOperation[]): void {
  const seen = new Set<string>();
  for (const { bulkId } of operations) {
    if (bulkId === undefined) continue;
    if (seen.has(bulkId)) throw malformed(`The bulkId ${quoted(bulkId)} is there twice.`);
    seen.add(bulkId);
  }
}

function readOperation(raw: unknown, index: number): BulkOperation {
  if (!isObject(raw)) throw malformed('Each of "Operations" must be an object.');
  const method = member(raw, 'method');
  const id = member(raw, 'bulkid') ?? undefined;
  const bulkId = typeof id === 'string' && id !== '' ? id : undefined;
  return { index, method, bulkId, task: attempted(() => readTask(raw, method, id)) };
}

function attempted(read: () => BulkTask): BulkTask | ScimError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}

const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

function readTask(raw: Readonly<Record<string, unknown>>, sent: unknown, bulkId: unknown): BulkTask {
  const method = typeof sent === 'string' ? sent.toUpperCase() : '';
  if (!METHODS.has(method)) throw malformed('"method" must be POST, PUT, PATCH or DELETE.');
  if (bulkId !== undefined && (typeof bulkId !== 'string' || bulkId === '')) {
    throw malformed('"bulkId" must be a text.');
  }
  if (method === 'POST' && bulkId === undefined) throw malformed('A POST needs a "bulkId".');
  const { endpoint, target } = readPath(member(raw, 'path'), method);
  const version = member(raw, 'version') ?? undefined;
  if (version !== undefined && typeof version !== 'string') throw malformed('"version" must be a text.');
  const data = method === 'DELETE' ? undefined : member(raw, 'data');
  if (method !== 'DELETE' && !isObject(data)) throw malformed(`A ${method} needs "data", a JSON object.`);
  const aim = referenceOf(target);
  const references = new Set([...referencesIn(data), ...(aim === undefined ? [] : [aim])]);
  return { method: method as BulkTask['method'], endpoint, target, version, data, references };
}

/** A path relative to the root. A query on it would say what is shown, and nothing is. */
function readPath(path: unknown, method: string): Pick<BulkTask, 'endpoint' | 'target'> {
  if (typeof path !== 'string') throw malformed('"path" must be a text.');
  const [, type, id = ''] = /^\/?(Users|Groups)(?:\/([^/?#]+))?\/?(?:\?.*)?$/is.exec(path) ?? [];
  if (type === undefined) {
    throw new ScimError(
      404,
      undefined,
      'A "path" begins with /Users or /Groups; there is nothing else here.',
    );
  }
  if (method === 'POST' && id !== '') throw malformed('The "path" of a POST is /Users or /Groups.');
  if (method !== 'POST' && id === '') throw malformed(`The "path" of a ${method} must name one resource.`);
  return { endpoint: type.toLowerCase() === 'users' ? '/Users' : '/Groups', target: decoded(id) };
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function malformed(detail: string): ScimError {
  return badRequest('invalidSyntax', detail);
}
