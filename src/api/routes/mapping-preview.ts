import { z } from 'zod';
import { type AccessChanges, type MappingDraft, previewMapping } from '../../core/access/mapping-preview.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';
import { shownVia, viaSchema } from './grant-source.ts';
import { grantsSchema, rulesSchema } from './mapping-rules.ts';

const body = z
  .strictObject({
    group: z.string().optional().describe('The id of a group; goes with `grants`.'),
    grants: grantsSchema.optional().describe('What would be written on the group.'),
    rules: rulesSchema.optional().describe('All rules as they would be; goes alone.'),
  })
  .superRefine((input, context) => {
    const isMissing = (field: 'group' | 'grants') => input[field] === undefined;
    const wrong = (field: 'group' | 'grants' | 'rules' | undefined, message: string) => {
      context.addIssue({ code: 'custom', path: field === undefined ? [] : [field], message });
    };
    if (input.rules === undefined) {
      if (isMissing('group') && isMissing('grants'))
        wrong(undefined, 'has either group and grants, or rules');
      else if (isMissing('group')) wrong('group', 'is required with grants');
      else if (isMissing('grants')) wrong('grants', 'is required with group');
    } else if (!isMissing('group') || !isMissing('grants')) {
      wrong('rules', 'go alone, without group and grants');
    }
  })
  .meta({
    oneOf: [{ required: ['group', 'grants'] }, { required: ['rules'] }],
    examples: [
      {
        group: '019a2b9c-0000-7000-8000-000000000000',
        grants: [
          { project: 'mobile', role: 'tester' },
          { product: 'testsigma', license: 'pro' },
        ],
      },
    ],
  });

const change = z.object({
  user: z.object({ id: z.uuid(), userName: z.string() }),
  kind: z.enum(['account_role', 'project_role', 'entitlement']),
  target: z.string().describe('The key of the project or product; of an account role the workspace’s.'),
  level: z.string().describe('The key of the project role or license, or the account role.'),
  via: z.array(viaSchema).describe('The ways by which it would be had; of a loss, by which it is.'),
});

const changes = z.object({
  total: z.int(),
  first: z.array(change).describe('The first twenty by user name.'),
});

const reply = z.object({
  gains: changes.describe('What active users would have and have not now.'),
  losses: changes.describe('What active users have and would have no more.'),
  seats: z
    .array(
      z.object({
        product: z.string(),
        license: z.string(),
        before: z.int().describe('How many seats are held.'),
        after: z.int().describe('How many would be.'),
        seats: z.int().nullable().describe('How many there are; null for no limit.'),
      }),
    )
    .describe('The licenses of which more or fewer seats would be held.'),
  refused: z.string().nullable().describe('Why it could not be saved as things are; null when it could.'),
});

function asDraft({ group, grants, rules }: z.output<typeof body>): MappingDraft {
  return rules ? { rules } : { group: group ?? '', grants: grants ?? [] };
}

function shown({ total, first }: AccessChanges): z.infer<typeof changes> {
  return { total, first: first.map((one) => ({ ...one, via: one.via.map(shownVia) })) };
}

export const mappingPreviewRoutes = [
  route({
    method: 'post',
    path: '/mapping/preview',
    summary: 'What a change of a group’s grants, or of all rules, would give and take; it is not saved',
    description:
      'Asks the query that gives access, over the grants as they would be. A thing that a user has anyway is neither ' +
      'gained nor lost by another way to it; a higher level is gained, and the lower one lost. Nothing is changed or ' +
      'locked, so that it can be asked at any time, also for large groups.',
    readsOnly: true,
    scopes: READERS,
    body,
    reply,
    statuses: [200],
    // What would refuse a save is told in the answer.
    problems: [],
    handler: async ({ ctx, body }) => {
      const { gains, losses, seats, refused } = await previewMapping(ctx, asDraft(body));
      return { gains: shown(gains), losses: shown(losses), seats: [...seats], refused };
    },
  }),
];
