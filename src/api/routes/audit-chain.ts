import { z } from 'zod';
import { auditCheckpoint } from '../../core/audit/chain/checkpoint.ts';
import { verifyAudit } from '../../core/audit/chain/verify.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const keyId = z.string().describe('Names the key: the beginning of the SHA-256 of its public half.');

const verified = z.object({
  ok: z.boolean(),
  events: z.int(),
  sealed: z.int().describe('How many of the events are sealed; the newest wait for a moment.'),
  head: hash.nullable().describe('The hash of the newest seal that holds.'),
  firstBroken: z
    .object({
      seq: z.int().nullable().describe('The place in the chain.'),
      eventId: z.uuid().nullable(),
      problem: z.enum(['altered', 'removed', 'inserted', 'moved', 'signature', 'checkpoint']),
      message: z.string(),
    })
    .nullable(),
  signature: z
    .enum(['valid', 'other key', 'unchecked', 'none'])
    .describe('Whose signature the newest seal has: ours, or that of another SECRET_KEY.'),
  keys: z.array(z.object({ keyId, from: z.int() })).describe('Which key signed from which place on.'),
  warnings: z
    .array(
      z.object({
        from: z.int().describe('The first place in the chain that it is about.'),
        to: z.int().describe('The last.'),
        eventId: z.uuid().describe('The event of the first.'),
        problem: z.enum(['clock set back', 'dated ahead', 'sealed late']),
        message: z.string(),
      }),
    )
    .describe(
      'What is odd about the times and breaks nothing, at most 100: the database’s clock was set, or sealing stood still.',
    ),
});

const checkpoint = z.object({
  workspaceId: z.uuid(),
  seq: z.int().describe('How many events are sealed.'),
  hash,
  at: z.iso.datetime(),
  keyId,
  publicKey: z.string().describe('Ed25519, as PEM.'),
  signature: z
    .string()
    .describe('Base64, over five lines: `rollcall audit head`, workspaceId, seq, hash and at.'),
});

export const auditSealRoutes = [
  route({
    method: 'get',
    path: '/audit/verify',
    summary: 'Whether the audit is as it was written: the hash chain over all events, walked to its end',
    scopes: READERS,
    reply: verified,
    statuses: [200],
    handler: async ({ ctx }) => {
      const { keys, warnings, ...result } = await verifyAudit(ctx.core, ctx.caller.workspaceId);
      return { ...result, keys: [...keys], warnings: [...warnings] };
    },
  }),
  route({
    method: 'get',
    path: '/audit/checkpoint',
    summary: 'Where the hash chain of the audit stands, signed',
    description:
      'Keep it elsewhere: `npm run audit:verify -- --checkpoint FILE` then finds that events were cut off since. ' +
      'Its `publicKey` is the one that signs; compare it with the one you know.',
    scopes: READERS,
    reply: checkpoint,
    statuses: [200],
    // A forged chain is not signed.
    problems: ['refused'],
    handler: async ({ ctx }) => auditCheckpoint(ctx),
  }),
];
