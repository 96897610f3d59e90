import { z } from 'zod';
import { getGroupMapping, type GroupMapping, setGroupGrants } from '../../core/access/mapping.ts';
import { listMappedGroups, type MappedGroup } from '../../core/groups/read.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';
import { grantSchema, grantsSchema, shownGrants } from './mapping-rules.ts';

const byRule = z
  .object({ match: z.string(), grants: z.array(grantSchema) })
  .nullable()
  .describe('What the rule gives that reads the name of the group; null when none does.');

const group = z
  .object({
    id: z.uuid(),
    displayName: z.string(),
    externalId: z.string().nullable(),
    members: z.int().describe('How many there are.'),
    source: z.enum(['scim', 'admin']),
    mapping: z.object({ own: z.array(grantSchema), byRule }),
  })
  .meta({ id: 'Group' });

const grants = z.object({ grants: z.array(grantSchema), byRule });

const params = z.object({ id: z.string() });

function shownRule({ byRule: rule }: GroupMapping): z.infer<typeof byRule> {
  return rule && { match: rule.match, grants: shownGrants(rule.grants) };
}

function shown({ group: row, mapping }: MappedGroup): z.infer<typeof group> {
  return {
    id: row.id,
    displayName: row.display_name,
    externalId: row.external_id,
    members: row.members,
    source: row.source,
    mapping: { own: shownGrants(mapping.own), byRule: shownRule(mapping) },
  };
}

function asGrants(mapping: GroupMapping): z.infer<typeof grants> {
  return { grants: shownGrants(mapping.own), byRule: shownRule(mapping) };
}

export const groupRoutes = [
  route({
    method: 'get',
    path: '/groups',
    summary: 'The groups, how many members each has, and what it gives them',
    scopes: READERS,
    query: listQuery(['name'], 'name').extend({ mapping: z.literal('none').optional() }),
    reply: listReply(group),
    statuses: [200],
    handler: async ({ ctx, query }) => {
      const filter = { unmapped: query.mapping === 'none' };
      return listOf(await listMappedGroups(ctx, filter, pageOf(query)), query, shown);
    },
  }),
  route({
    method: 'get',
    path: '/groups/{id}/grants',
    summary: 'What members of the group are granted: written on it, and by the rule that reads its name',
    scopes: READERS,
    params,
    reply: grants,
    statuses: [200],
    handler: async ({ ctx, params }) => asGrants(await getGroupMapping(ctx, params.id)),
  }),
  route({
    method: 'put',
    path: '/groups/{id}/grants',
    summary: 'Write what members of the group are granted, in place of what was written on it',
    scopes: WRITERS,
    params,
    body: z.strictObject({ grants: grantsSchema }),
    reply: grants,
    statuses: [200],
    handler: async ({ ctx, params, body }) => asGrants(await setGroupGrants(ctx, params.id, body.grants)),
  }),
];
