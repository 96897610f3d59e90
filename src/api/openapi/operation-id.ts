import { z } from 'zod';
import type { Route } from '../route.ts';
import { segmentsOf } from './tags.ts';

/** Names of operations that are not told by method and path. Clients call them by these: they do not change. */
const GIVEN: Readonly<Record<string, string>> = {
  'post /users/account-role': 'setAccountRoles',
  'post /users/{id}/reinvite': 'reinviteUser',
  'post /machines': 'registerMachine',
  'post /last-access': 'reportLastAccess',
  'post /invitations': 'invite',
  'get /audit/verify': 'verifyAudit',
  'post /reviews': 'openReview',
  'put /reviews/{id}/rows/{row}': 'decideReviewRow',
  'post /reviews/{id}/decisions': 'decideReviewRows',
  'get /reviews/{id}/report.csv': 'exportReview',
  'get /reviews/{id}/report.html': 'printReview',
};

/** An operation's name: `listProjects`, `getUser`, `updateProject`, `putGroupGrants`, `revokeInvitations`. */
export function operationIdOf(route: Route): string {
  const given = GIVEN[`${route.method} ${route.path}`];
  if (given !== undefined) return given;
  const segments = segmentsOf(route.path);
  if (route.method === 'post' && !route.statuses.includes(201) && segments.length > 1) {
    // The last part is what is done to what stands before it.
    return camel([segments.at(-1) ?? '', ...nouns(segments.slice(0, -1))]);
  }
  return camel([verbOf(route), ...nouns(segments, route.method === 'post')]);
}

/** Whether a route answers a page of a list. */
export function isList({ reply }: Route): boolean {
  return reply instanceof z.ZodObject && 'items' in reply.shape && 'nextCursor' in reply.shape;
}

function verbOf(route: Route): string {
  switch (route.method) {
    case 'get':
      return segmentsOf(route.path)[0] === 'exports' ? '' : isList(route) ? 'list' : 'get';
    case 'post':
      return 'create';
    case 'patch':
      return 'update';
    default:
      return route.method;
  }
}

/** The named parts; what a parameter picks one of stands in the singular, and so does the last, if `one`. */
function nouns(segments: readonly string[], one = false): string[] {
  return segments
    .map((segment, index) => {
      const next = segments[index + 1];
      return next?.startsWith('{') || (one && next === undefined) ? singular(segment) : segment;
    })
    .filter((segment) => !segment.startsWith('{'))
    .map((segment, index) => (index === 0 && segment === 'exports' ? 'export' : segment));
}

function singular(word: string): string {
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}

function camel(words: readonly string[]): string {
  const parts = words.flatMap((word) => word.split(/[^a-zA-Z0-9]+/)).filter((part) => part !== '');
  return parts.map((part, index) => (index === 0 ? part : upper(part))).join('');
}

function upper(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
