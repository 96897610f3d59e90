import { isArray, isObject, member } from '../input/json.ts';
import { badRequest, ScimError } from '../scim-error.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:patchop';

/** One operation of a PATCH. `path` is absent when the whole resource is meant; `value` is undefined when not sent. */
export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string | undefined;
  readonly value: unknown;
}

/**
 * Reads the body of a PATCH, RFC 7644 section 3.5.2. Keys and `op` have any case and `Operations` may be empty, as
 * Entra ID sends them. Throws `invalidSyntax`, or 413 for more than `limit` operations.
 */
export function readOperations(body: unknown, limit = Infinity): Operation[] {
  if (!isObject(body)) throw badRequest('invalidSyntax', 'A PATCH must be a JSON object with "Operations".');
  const schemas = member(body, 'schemas');
  if (isArray(schemas) && !schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === PATCH_OP)) {
    throw badRequest('invalidSyntax', 'The "schemas" of a PATCH must hold the URN of PatchOp.');
  }
  const operations = member(body, 'operations');
  if (!isArray(operations)) throw badRequest('invalidSyntax', '"Operations" must be an array.');
  if (operations.length > limit) {
    throw new ScimError(413, undefined, `A PATCH may have ${limit} operations at most.`);
  }
  return operations.map(readOperation);
}

function readOperation(raw: unknown): Operation {
  if (!isObject(raw)) throw badRequest('invalidSyntax', 'Each of "Operations" must be an object.');
  const name = member(raw, 'op');
  const op = typeof name === 'string' ? name.toLowerCase() : undefined;
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw badRequest('invalidSyntax', '"op" must be "add", "replace" or "remove".');
  }
  const path = member(raw, 'path') ?? undefined;
  if (path !== undefined && typeof path !== 'string')
    throw badRequest('invalidPath', '"path" must be a string.');
  const value = member(raw, 'value');
  if (op !== 'remove' && value === undefined) {
    throw badRequest('invalidValue', `"${op}" needs a "value".`);
  }
  return { op, path: path?.trim() === '' ? undefined : path, value };
}
