import { RollcallError } from '../../lib/errors.ts';
import type { UserId } from '../../lib/ids.ts';
import type { AccessWrites, WriteScope } from '../../store/db/scope.ts';
import type { Change, Refusal } from '../context/change.ts';
import { findBillingManagerRefusal } from './billing-managers.ts';
import type { GuardedChange } from './guarded.ts';
import { findOwnerRefusal, type OwnerChanges } from './last-owner.ts';
import { createProductGuard } from './one-product.ts';
import { createSeatGuard } from './seats.ts';

/** The part of a change that enforces the rules: seats, one product, no billing manager in projects, an owner. */
export interface Guard extends Pick<Change, 'guard' | 'guardEverybody' | 'guardRemoval' | 'refusals'> {
  readonly access: AccessWrites;
}

/**
 * Records what guarded users have before the first write, and checks the rules once after the last, before COMMIT
 * (docs/adr/0006). Locks are taken in one order: licenses ascending by id, then the workspace. Writing the status,
 * grants or memberships of a user who was not guarded throws.
 */
export function createGuard(scope: WriteScope, guardedChange: GuardedChange): Guard {
  const guarded = new Set<UserId>();
  let everybody: 'no' | 'yes' | 'removal' = 'no';
  let isWritten = false;
  const collected: Refusal[] = [];
  const owners: OwnerChanges = { known: new Map(), deactivated: new Set(), ended: new Map() };
  const rolesChanged = new Set<UserId>();
  const seats = createSeatGuard(guardedChange);
  const products = createProductGuard(scope, guardedChange);

  const guard: Guard['guard'] = async (userIds, { areNew = false, owners: known } = {}) => {
    if (known) for (const id of userIds) owners.known.set(id, known.includes(id));
    const added = userIds.filter((id) => !guarded.has(id));
    for (const id of added) guarded.add(id);
    if (added.length === 0 || areNew) return;
    await seats.noteBefore(added);
    await products.noteBefore(added);
  };

  const refusals: Guard['refusals'] = async () => {
    if (!isWritten) return collected;
    isWritten = false;
    const add = (refusal: Refusal | undefined): void => {
      if (refusal) collected.push(refusal);
    };
    // When seats run short this closes expired invitations, which sets `isWritten` again.
    add(await seats.refusal([...guarded]));
    isWritten = false;
    if (everybody !== 'removal') add(await products.refusal([...guarded]));
    add(await findBillingManagerRefusal(scope, [...rolesChanged]));
    add(await findOwnerRefusal(scope, owners));
    return collected;
  };

  return {
    guard,
    guardEverybody: async () => {
      if (!guardedChange.isExclusive()) throw new Error('Only an exclusive change guards everybody.');
      everybody = 'yes';
      await products.noteBefore(undefined);
    },
    guardRemoval: () => {
      if (guardedChange.seatsLimited && !guardedChange.isExclusive()) guardedChange.escalate();
      everybody = 'removal';
    },
    refusals,
    access: {
      assertGuarded: (users) => {
        isWritten = true;
        if (everybody !== 'no') return;
        const missing = users === 'everybody' ? users : users.find((id) => !guarded.has(id));
        if (missing !== undefined)
          throw new Error(`Access is written without a guard: ${missing}. Call c.guard(…) first.`);
      },
      noteDeactivated: (users) => {
        for (const id of users) owners.deactivated.add(id);
      },
      noteOwnershipEnded: (users, areActive) => {
        for (const id of users) owners.ended.set(id, areActive);
      },
      noteRolesChanged: (users) => {
        for (const id of users) rolesChanged.add(id);
      },
    },
  };
}

/** Throws `refused` for the first rule that the change would break. */
export async function assertNoRefusals({ refusals }: Pick<Change, 'refusals'>): Promise<void> {
  const [first] = await refusals();
  if (first) throw new RollcallError('refused', first.message);
}
