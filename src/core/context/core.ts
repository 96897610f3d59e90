import type { JobQueue } from '../../store/db/job-queue.ts';
import type { Db } from '../../store/db/pool.ts';
import type { SigningKey } from './signing.ts';
import type { WriteBudget } from './write-budget.ts';

/** What the core needs to work; made once, where the process starts, and passed to every function that asks. */
export interface Core {
  readonly db: Db;
  /** How invitations are made and signed; what neither makes nor reads any does without. */
  readonly invitations?: InvitationSettings;
  /** Where jobs are queued; what queues none does without. */
  readonly jobs?: JobQueue;
  /** Signs the audit's seals; what neither seals nor verifies does without. */
  readonly signing?: SigningKey;
  /** What workspaces may write; without it, any amount. */
  readonly writeBudget?: WriteBudget;
  /** Where the embedded database keeps its data; without it nobody looks how full that disk is. */
  readonly storage?: Storage;
}

export interface Storage {
  readonly directory: string;
  /** In bytes: with less free than this the disk counts as full. */
  readonly leastFree?: number;
}

export interface InvitationSettings {
  /** Signs links; at least 32 characters, the same on every instance. */
  readonly secretKey: string;
  /** What links begin with; no slash at its end. */
  readonly publicUrl: string;
  /** How long an invitation can be accepted, from when it was made or resent. */
  readonly ttlHours: number;
}

/** The settings of a core that was started with them. */
export function invitationSettings({ invitations }: Core): InvitationSettings {
  if (!invitations) throw new Error('This core was started without settings for invitations.');
  return invitations;
}

/** The job queue of a core that was started with one. */
export function jobQueue({ jobs }: Core): JobQueue {
  if (!jobs) throw new Error('This core was started without a job queue.');
  return jobs;
}

/** The key of a core that was started with one. */
export function signingKey({ signing }: Core): SigningKey {
  if (!signing) throw new Error('This core was started without a key to sign the audit with.');
  return signing;
}
