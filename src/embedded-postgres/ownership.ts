import { readFile, rm } from 'node:fs/promises';
import type { Account } from './account.ts';
import { run } from './children.ts';
import { unusable } from './failure.ts';
import { writePrivateFile } from './private-file.ts';

/** The files of a cluster and whom they are to belong to in the end. */
interface Cluster {
  readonly directory: string;
  readonly account: Account | undefined;
  /** True when they belong to somebody else. */
  readonly isForeign: boolean;
}

/** Beside a cluster that is being given to another user: to whom, so that a start that is cut off is made good. */
const noteOf = (directory: string) => `${directory}.account.json`;

/** Whom a cluster was being given to when a start was cut off. */
export async function accountNoted(directory: string): Promise<Account | undefined> {
  const text = await readFile(noteOf(directory), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Account);
}

/**
 * Gives the files of a stopped cluster to a user; when that is not the one of the place, a note says that it is only
 * for now.
 */
export async function giveCluster(place: Cluster, to: Account | undefined): Promise<void> {
  if (place.account === undefined || to === undefined) return;
  const { directory, account } = place;
  if (to.uid === account.uid && (await accountNoted(directory)) === undefined && !place.isForeign) return;
  await writePrivateFile(noteOf(directory), JSON.stringify(account), undefined);
  await giveFiles(directory, to);
  if (to.uid === account.uid) await rm(noteOf(directory), { force: true });
}

/** chown(1) walks by open directories and follows no link, so that the former owner cannot lead it astray. */
export async function giveFiles(directory: string, to: Account | undefined): Promise<void> {
  if (to === undefined) return;
  const done = await run('chown', ['-R', '-h', '-P', `${to.uid}:${to.gid}`, directory]);
  if (!done.ok) throw unusable(`${directory} cannot be given to the user ${to.name} (${done.output}).`);
}
