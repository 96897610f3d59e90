import type { Job, JobData, JobQueue } from '../../src/store/db/job-queue.ts';

/** Takes up to `count` jobs that are due, for a test that plays the worker. */
export async function fetchMailJobs({ boss }: JobQueue, count = 100): Promise<Job<'invitation-mail'>[]> {
  const jobs = await boss.fetch<JobData['invitation-mail']>('invitation-mail', { batchSize: count });
  return jobs.map(({ id, retryCount, data }) => ({ name: 'invitation-mail', id, retryCount, data }));
}
