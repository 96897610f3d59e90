import type { JobQueue } from '../../store/db/job-queue.ts';
import type { Db } from '../../store/db/pool.ts';
import type { SigningKey } from './signing.ts';
import type { WriteBudget } from './write-budget.ts';

/** What the core needs; created once at process start and passed to every function. */
export interface Core {
  readonly db: Db;
  /** How invitations are created and signed; not needed by processes without invitations. */
  readonly invitations?: InvitationSettings;
  /** Where jobs are queued; not needed by processes that queue none. */
  readonly jobs?: JobQueue;
  /** Signs the audit's seals; not needed by processes that neither seal nor verify. */
  readonly signing?: SigningKey;
  /** How much each workspace may write; unlimited without it. */
  readonly writeBudget?: WriteBudget;
  /** Where the embedded database keeps its data; without it free disk space is not checked. */
  readonly storage?: Storage;
}

export interface Storage {
  readonly directory: string;
  /** With less free space than this the disk counts as full. */
  readonly minFreeBytes?: number;
}

export interface InvitationSettings {
  /** Signs links; at least 32 characters, the same on every instance. */
  readonly secretKey: string;
  /** The base URL of links, without a trailing slash. */
  readonly publicUrl: string;
  /** How long an invitation can be accepted after it was created or resent. */
  readonly ttlHours: number;
}

/** The invitation settings. Throws when the core was started without. */
export function invitationSettings({ invitations }: Core): InvitationSettings {
  if (!invitations) throw new Error('This core was started without settings for invitations.');
  return invitations;
}

/** The job queue. Throws when the core was started without. */
export function jobQueue({ jobs }: Core): JobQueue {
  if (!jobs) throw new Error('This core was started without a job queue.');
  return jobs;
}

/** The signing key. Throws when the core was started without. */
export function signingKey({ signing }: Core): SigningKey {
  if (!signing) throw new Error('This core was started without a key to sign the audit with.');
  return signing;
}
