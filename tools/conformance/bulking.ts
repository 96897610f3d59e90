import { check, expectStatus, same } from './check.ts';
import type { Reply } from './exchange.ts';
import type { Requirement, Tester } from './requirement.ts';
import { at, items, type JsonObject, shown, textAt } from './values.ts';

export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
export const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** One operation of a bulk request, RFC 7644 section 3.7. */
export interface BulkOperation {
  readonly method: string;
  readonly path: string;
  readonly bulkId?: string;
  readonly version?: string;
  readonly data?: unknown;
}

export function sendBulk(
  t: Tester,
  operations: readonly BulkOperation[],
  more: JsonObject = {},
): Promise<Reply> {
  return t.post('/Bulk', { schemas: [BULK_REQUEST], ...more, Operations: operations });
}

/** The results of a bulk request that was processed. */
export function resultsIn(reply: Reply): readonly unknown[] {
  expectStatus(reply, 200);
  check(items(at(reply.body, 'schemas')).includes(BULK_RESPONSE), `"schemas" lacks ${BULK_RESPONSE}`, reply);
  return items(at(reply.body, 'Operations'));
}

/** Sends operations and gives the result of each; fails when there are more or fewer. */
export async function bulk(t: Tester, operations: readonly BulkOperation[]): Promise<readonly unknown[]> {
  const reply = await sendBulk(t, operations);
  const results = resultsIn(reply);
  same(results.length, operations.length, 'the number of results', reply);
  return results;
}

/** The code of one result; `status` is a text, and was an object with "code" in an older example of the RFC. */
export function codeOf(result: unknown): string {
  const status = at(result, 'status');
  return String(at(status, 'code') ?? status);
}

export function expectCode(result: unknown, ...codes: readonly string[]): void {
  check(
    codes.includes(codeOf(result)),
    `expected ${codes.join(' or ')}, found ${codeOf(result)}: ${shown(at(result, 'response'))}`,
  );
}

/** Where a result says that its resource is, below the base URL. */
export function pathOfResult(result: unknown): string {
  const location = textAt(result, 'location') ?? '';
  check(location !== '', 'the result has no "location"');
  return `/${location.split('/').slice(-2).join('/')}`;
}

export function idOfResult(result: unknown): string {
  return pathOfResult(result).split('/').at(-1) ?? '';
}

/** Adds the need for bulk to requirements. */
export function needingBulk(requirements: readonly Requirement[]): readonly Requirement[] {
  return requirements.map((one) => ({ ...one, needs: ['bulk', ...(one.needs ?? [])] }));
}
