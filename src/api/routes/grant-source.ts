import { z } from 'zod';
import type { AccessChange } from '../../core/access/mapping-preview.ts';

const direct = z.object({ type: z.literal('direct'), source: z.enum(['admin', 'invitation', 'pushed']) });

const throughGroup = z.object({
  type: z.literal('group'),
  group: z.object({ id: z.uuid(), displayName: z.string() }),
  mapping: z
    .enum(['own', 'rule'])
    .describe('Written on the group, or given by the rule that reads its name.'),
  rule: z.string().optional().describe('The match of the rule; only with mapping `rule`.'),
});

const granted = {
  since: z.iso.datetime().describe('Since when it is had by this way without a break.'),
  by: z.string().describe('Who gave it.'),
};

/** The way by which something is had. */
export const viaSchema = z.discriminatedUnion('type', [direct, throughGroup]);

/** The same, with since when it is had and who gave it. */
export const grantedViaSchema = z
  .discriminatedUnion('type', [direct.extend(granted), throughGroup.extend(granted)])
  .meta({ id: 'Way' });

/** A way as it is shown. */
export function shownVia(way: AccessChange['via'][number]): z.infer<typeof viaSchema> {
  if (way.type === 'direct') return { type: way.type, source: way.source };
  const { type, group, mapping, rule } = way;
  return { type, group, mapping, ...(rule === null ? {} : { rule }) };
}
