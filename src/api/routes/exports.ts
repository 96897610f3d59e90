import { z } from 'zod';
import { exportAccessChanges } from '../../core/exports/access-changes.ts';
import { exportAudit, exportChain } from '../../core/exports/audit.ts';
import { exportDormant, exportJoiners, exportLeavers } from '../../core/exports/joiners-and-leavers.ts';
import { exportAccess, exportUsers } from '../../core/exports/users-and-access.ts';
import { csvFile, jsonlFile } from '../file.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { momentSchema } from '../times.ts';
import { statusesSchema } from './users.ts';

const asOf = momentSchema.optional();
const period = z.strictObject({ from: momentSchema.optional(), to: momentSchema.optional() });
const days = z.coerce
  .number('is a whole number of days')
  .int('is a whole number of days')
  .min(1, 'is a whole number from 1 to 3650')
  .max(3650, 'is a whole number from 1 to 3650')
  .default(90);
type Period = z.output<typeof period>;
const between = ({ from, to }: Period) => ({ from, to });

const FORMATS = [
  { ending: 'csv', how: 'as CSV', file: csvFile },
  { ending: 'jsonl', how: 'as JSON lines', file: jsonlFile },
] as const;

const inBothFormats = FORMATS.flatMap(({ ending, how, file }) => [
  route({
    method: 'get',
    path: `/exports/users.${ending}`,
    summary: `The users of some statuses (active and inactive), now or as of a time, ${how}`,
    scopes: READERS,
    query: z.strictObject({ status: statusesSchema.optional(), asOf }),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const asked = { name: `users.${ending}`, statuses: query.status, asOf: query.asOf };
      return file(await exportUsers(ctx, asked), 'users', query.asOf);
    },
  }),
  route({
    method: 'get',
    path: `/exports/access.${ending}`,
    summary: `Who has what by which way, now or as of a time, ${how}`,
    scopes: READERS,
    query: z.strictObject({ asOf }),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const asked = { name: `access.${ending}`, asOf: query.asOf };
      return file(await exportAccess(ctx, asked), 'access', query.asOf);
    },
  }),
  route({
    method: 'get',
    path: `/exports/access-changes.${ending}`,
    summary: `What was gained and lost after a time and until another, why and by whom, ${how}`,
    description:
      'The difference between the access of two times, told one by one. `cause` is what brought it about: ' +
      '`membership`, `mapping` (with the rule, if it was one), `grant`, `pushed`, `invitation`, `activation`, ' +
      '`deactivation`, `product` (switched on or off), `role` (its rank), `precedence` (a higher level came or went). ' +
      'Names are those at the end of the time; a new name is no change of access.',
    scopes: READERS,
    query: period,
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const name = `access-changes.${ending}`;
      return file(await exportAccessChanges(ctx, name, between(query)), 'access-changes', query.to);
    },
  }),
  route({
    method: 'get',
    path: `/exports/leavers.${ending}`,
    summary: `Who left in a time: when it was asked, when access ended, by whom, and what was lost, ${how}`,
    description:
      '`requested_at` is when the identity provider’s request arrived; the provisioning log tells it for 30 days.',
    scopes: READERS,
    query: period,
    statuses: [200],
    handler: async ({ ctx, query }) =>
      file(await exportLeavers(ctx, `leavers.${ending}`, between(query)), 'leavers', query.to),
  }),
  route({
    method: 'get',
    path: `/exports/joiners.${ending}`,
    summary: `Who joined or came back in a time, by whom, and what they have at its end, ${how}`,
    description:
      '`requested_at` is when the identity provider’s request arrived; the provisioning log tells it for 30 days.',
    scopes: READERS,
    query: period,
    statuses: [200],
    handler: async ({ ctx, query }) =>
      file(await exportJoiners(ctx, `joiners.${ending}`, between(query)), 'joiners', query.to),
  }),
  route({
    method: 'get',
    path: `/exports/dormant.${ending}`,
    summary: `Active users who hold a seat and were not seen for some days (90), ${how}`,
    description: 'Who was never seen comes first; who was made active in that time is not listed.',
    scopes: READERS,
    query: z.strictObject({ days }),
    statuses: [200],
    handler: async ({ ctx, query }) =>
      file(await exportDormant(ctx, `dormant.${ending}`, query.days), 'dormant'),
  }),
]);

const audit = [
  route({
    method: 'get',
    path: '/exports/audit.csv',
    summary: 'The audit events of a time, the oldest first, as CSV',
    scopes: READERS,
    query: period,
    statuses: [200],
    handler: ({ ctx, query }) =>
      Promise.resolve(csvFile(exportAudit(ctx, 'audit.csv', between(query)), 'audit')),
  }),
  route({
    method: 'get',
    path: '/exports/audit.jsonl',
    summary: 'The audit events with their seals, in the order of the hash chain, as JSON lines',
    description:
      'Without `from` and `to` it is the whole chain, and `npm run audit:verify -- --file FILE` verifies it with ' +
      'nothing else. With them it is an excerpt.',
    scopes: READERS,
    query: period,
    statuses: [200],
    handler: ({ ctx, query }) =>
      Promise.resolve(jsonlFile(exportChain(ctx, 'audit.jsonl', between(query)), 'audit')),
  }),
];

export const exportRoutes = [...inBothFormats, ...audit];
