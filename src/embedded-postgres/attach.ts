import { unusable } from './failure.ts';
import { awaitWatchdog } from './orphan.ts';
import { type Owner, readOwner, removeDead } from './owner.ts';
import { readPassword } from './password-file.ts';
import type { Place } from './place.ts';
import { ask } from './ready.ts';
import { assertSocketDirectory, removeSocketDirectory } from './socket.ts';
import { socketUrl } from './url.ts';

/** What a look at the owner of a cluster says: use it, wait for it, or try to become the owner. */
export type Look =
  | { readonly next: 'attach'; readonly url: string; readonly version: string; readonly owner: Owner }
  | { readonly next: 'wait'; readonly owner: Owner }
  | { readonly next: 'claim' };

/** Looks whether a live process owns the cluster, and clears away what a dead one left. */
export async function lookAtOwner(place: Place): Promise<Look> {
  const found = await readOwner(place.ownerFile);
  if (found.state === 'dead') {
    await awaitWatchdog(found.owner?.watchdog);
    if (found.owner?.socket !== undefined) await removeSocketDirectory(found.owner.socket);
    await removeDead(place.ownerFile, found.text);
  }
  if (found.state !== 'alive') return { next: 'claim' };

  const { owner } = found;
  if ('url' in owner) {
    throw unusable(
      `Process ${owner.pid}, an earlier version of Rollcall, runs the database in ${place.directory}. Stop it first.`,
    );
  }
  if (owner.socket === undefined || owner.version === undefined) return { next: 'wait', owner };
  await assertSocketDirectory(owner.socket, place);
  const password = await readPassword(place).catch(() => undefined);
  if (password === undefined) throw unusable(usedBy(place, owner));
  const url = socketUrl(owner.socket, password);
  switch (await ask(url)) {
    case 'ready':
      return { next: 'attach', url, version: owner.version, owner };
    case 'closed':
      throw unusable(usedBy(place, owner));
    case 'refused':
    case 'impostor':
      throw unusable(
        `What answers on ${owner.socket} is not the database in ${place.directory}: it does not know the same password. End process ${owner.pid}.`,
      );
    default:
      return { next: 'wait', owner };
  }
}

function usedBy({ directory }: Place, { pid }: Owner): string {
  return `The database in ${directory} is in use by process ${pid} of another user. Start Rollcall as that user, or set DATA_DIR to another directory.`;
}
