import { awaitWatchdog } from './orphan.ts';
import { unusable } from './failure.ts';
import { readOwner, removeDead, type Owner } from './owner.ts';
import type { Place } from './place.ts';
import { ask } from './ready.ts';

/** What a look at the owner of a cluster says: use it, wait for it, or try to become the owner. */
export type Look =
  | { readonly next: 'attach'; readonly url: string; readonly version: string; readonly owner: Owner }
  | { readonly next: 'wait'; readonly owner: Owner }
  | { readonly next: 'claim' };

/** Looks whether a live process owns the cluster, and clears away what a dead one left. */
export async function lookAtOwner(place: Place): Promise<Look> {
  const found = await readOwner(place.ownerFile);
  if (found.state === 'dead') {
    await awaitWatchdog(found.watchdog);
    await removeDead(place.ownerFile, found.text);
  }
  if (found.state !== 'alive') return { next: 'claim' };

  const { owner } = found;
  if (owner.url === undefined || owner.version === undefined) return { next: 'wait', owner };
  switch (await ask(owner.url)) {
    case 'ready':
      return { next: 'attach', url: owner.url, version: owner.version, owner };
    case 'closed':
      throw unusable(
        `The database in ${place.directory} is in use by process ${owner.pid} of another user. Start Rollcall as that user, or set DATA_DIR to another directory.`,
      );
    default:
      return { next: 'wait', owner };
  }
}
