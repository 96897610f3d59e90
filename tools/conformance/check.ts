import { isDeepStrictEqual } from 'node:util';
import type { Exchange, Reply } from './exchange.ts';
import { at, isObject, items, shown, textAt } from './values.ts';

/** The server does not do what is required. `exchange` is the request that shows it, when it is not the last one. */
export class Failure extends Error {
  readonly exchange: Exchange | undefined;

  constructor(message: string, exchange?: Exchange) {
    super(message);
    this.name = 'Failure';
    this.exchange = exchange;
  }
}

/** The requirement does not apply to this server; the message says why. */
export class Skip extends Error {}

/** Fails unless the condition holds; `what` says what is so instead. */
export function check(condition: boolean, what: string, reply?: Reply): asserts condition {
  if (!condition) throw new Failure(what, reply?.exchange);
}

export function same(actual: unknown, expected: unknown, what: string, reply?: Reply): void {
  check(
    isDeepStrictEqual(actual, expected),
    `${what}: expected ${shown(expected)}, found ${shown(actual)}`,
    reply,
  );
}

/** Ends the test: the requirement does not apply. */
export function skip(reason: string): never {
  throw new Skip(reason);
}

export function expectStatus(reply: Reply, ...statuses: readonly number[]): Reply {
  check(statuses.includes(reply.status), `expected ${statuses.join(' or ')}, found ${reply.status}`, reply);
  return reply;
}

export const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** RFC 7644 section 3.12, table 9, and RFC 9865 section 2.1, table 3. */
const SCIM_TYPES = new Set([
  'invalidFilter',
  'tooMany',
  'uniqueness',
  'mutability',
  'invalidSyntax',
  'invalidPath',
  'noTarget',
  'invalidValue',
  'invalidVers',
  'sensitive',
  'invalidCursor',
  'expiredCursor',
  'invalidCount',
]);

/** A SCIM Error of RFC 7644 section 3.12 with this status: the `schemas`, and `status` "expressed as a JSON string". */
export function expectErrorForm(reply: Reply): void {
  check(isObject(reply.body), 'the body of the error is no JSON object', reply);
  check(items(at(reply.body, 'schemas')).includes(ERROR_SCHEMA), `"schemas" lacks ${ERROR_SCHEMA}`, reply);
  same(at(reply.body, 'status'), String(reply.status), '"status" of the error', reply);
  const scimType = at(reply.body, 'scimType');
  check(
    isUnknown(scimType) || (typeof scimType === 'string' && SCIM_TYPES.has(scimType)),
    `"scimType" is none of table 9: ${shown(scimType)}`,
    reply,
  );
}

function isUnknown(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * An error with one of the statuses. "scimType … OPTIONAL" (RFC 7644 section 3.12): when there is one it has to be one
 * of `scimTypes`. Only status and scimType are looked at; the form has requirements of its own.
 */
export function expectError(
  reply: Reply,
  status: number | readonly number[],
  ...scimTypes: readonly string[]
): void {
  expectStatus(reply, ...(typeof status === 'number' ? [status] : status));
  const scimType = textAt(reply.body, 'scimType');
  if (scimType === undefined || scimTypes.length === 0) return;
  check(
    scimTypes.includes(scimType),
    `expected the scimType ${scimTypes.join(' or ')}, found ${scimType}`,
    reply,
  );
}

/** The same where the RFC asks for the keyword too. */
export function expectKeyword(reply: Reply, status: number, scimType: string): void {
  expectStatus(reply, status);
  same(at(reply.body, 'scimType'), scimType, '"scimType"', reply);
}

export const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** The resources of a ListResponse; fails when it is none. */
export function listed(reply: Reply): readonly unknown[] {
  expectStatus(reply, 200);
  check(items(at(reply.body, 'schemas')).includes(LIST_SCHEMA), `"schemas" lacks ${LIST_SCHEMA}`, reply);
  const resources = at(reply.body, 'Resources');
  check(
    isUnknown(resources) || Array.isArray(resources),
    `"Resources" is no array: ${shown(resources)}`,
    reply,
  );
  return items(resources);
}

/** The same multi-set of texts, in any order. */
export function sameSet(
  actual: readonly unknown[],
  expected: readonly unknown[],
  what: string,
  reply?: Reply,
): void {
  same(sorted(actual), sorted(expected), what, reply);
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).toSorted();
}
