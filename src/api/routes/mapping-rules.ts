import { z } from 'zod';
import type { GrantStatement } from '../../core/access/grant-specs.ts';
import type { MappingRule } from '../../core/access/mapping-rules.ts';
import { getMappingRules, setMappingRules } from '../../core/access/mapping.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';

/** What members of a group get, by keys; in a rule's grant a key may be a placeholder of its match. */
export const grantSchema = z
  .union(
    [
      z.strictObject({ accountRole: z.string() }),
      z.strictObject({ project: z.string(), role: z.string() }),
      z.strictObject({ product: z.string(), license: z.string().optional() }),
    ],
    'is {"accountRole"}, {"project","role"} or {"product","license"}, each a key',
  )
  .meta({ id: 'Grant' });

/** Grants as they are shown. */
export function shownGrants(grants: readonly GrantStatement[]): z.infer<typeof grantSchema>[] {
  return [...grants];
}

/** What may be written on one group. */
export const grantsSchema = z.array(grantSchema).max(1000);

/** All rules, in their order. */
export const rulesSchema = z.array(
  z.strictObject({ match: z.string(), grants: z.array(grantSchema).max(100) }),
);

const rules = z.strictObject({ rules: rulesSchema });

function shown(all: readonly MappingRule[]): z.infer<typeof rules> {
  return { rules: all.map(({ match, grants }) => ({ match, grants: shownGrants(grants) })) };
}

export const mappingRuleRoutes = [
  route({
    method: 'get',
    path: '/mapping-rules',
    summary: "The rules that read groups' names, in their order",
    scopes: READERS,
    reply: rules,
    statuses: [200],
    handler: async ({ ctx }) => shown(await getMappingRules(ctx)),
  }),
  route({
    method: 'put',
    path: '/mapping-rules',
    summary: 'Put new rules in place of the old; the access of all members follows at once',
    scopes: WRITERS,
    body: rules,
    reply: rules,
    statuses: [200],
    handler: async ({ ctx, body }) => shown(await setMappingRules(ctx, body.rules)),
  }),
];
