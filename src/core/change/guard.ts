import { RollcallError } from '../../lib/errors.ts';
import type { UserId } from '../../lib/ids.ts';
import type { AccessWrites, WriteScope } from '../../store/db/scope.ts';
import type { Change, Refusal } from '../context/change.ts';
import { billingManagerRefusal } from './billing-managers.ts';
import type { Guarded } from './guarded.ts';
import { ownerRefusal, type OwnersNoted } from './last-owner.ts';
import { productGuard } from './one-product.ts';
import { seatGuard } from './seats.ts';

/** The part of a change that keeps what must hold: seats, one product, no billing manager in projects, an owner. */
export interface Guard extends Pick<Change, 'guard' | 'guardEverybody' | 'guardRemoval' | 'refusals'> {
  readonly access: AccessWrites;
}

/**
 * Notes what guarded users have before the first write, and checks once before COMMIT what must hold after the last
 * (docs/adr/0006). Locks are taken in one order: licenses ascending by id, then the workspace. A write of status, grants
 * or memberships of somebody who was not guarded throws.
 */
export function createGuard(scope: WriteScope, of: Guarded): Guard {
  const guarded = new Set<UserId>();
  let everybody: 'no' | 'yes' | 'removal' = 'no';
  let isWritten = false;
  const refused: Refusal[] = [];
  const owners: OwnersNoted = { known: new Map(), deactivated: new Set(), ended: new Map() };
  const rolesChanged = new Set<UserId>();
  const seats = seatGuard(of);
  const products = productGuard(scope, of);

  const guard: Guard['guard'] = async (userIds, { areNew = false, owners: known } = {}) => {
    if (known) for (const id of userIds) owners.known.set(id, known.includes(id));
    const added = userIds.filter((id) => !guarded.has(id));
    for (const id of added) guarded.add(id);
    if (added.length === 0 || areNew) return;
    await seats.noteBefore(added);
    await products.noteBefore(added);
  };

  const refusals: Guard['refusals'] = async () => {
    if (!isWritten) return refused;
    isWritten = false;
    const add = (one: Refusal | undefined): void => {
      if (one) refused.push(one);
    };
    // When seats are short expired invitations are closed, which is a write of its own.
    add(await seats.refusal([...guarded]));
    isWritten = false;
    if (everybody !== 'removal') add(await products.refusal([...guarded]));
    add(await billingManagerRefusal(scope, [...rolesChanged]));
    add(await ownerRefusal(scope, owners));
    return refused;
  };

  return {
    guard,
    guardEverybody: async () => {
      if (!of.isExclusive()) throw new Error('Only an exclusive change guards everybody.');
      everybody = 'yes';
      await products.noteBefore(undefined);
    },
    guardRemoval: () => {
      if (of.seatsLimited && !of.isExclusive()) of.escalate();
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
export async function assertNothingRefuses({ refusals }: Pick<Change, 'refusals'>): Promise<void> {
  const [first] = await refusals();
  if (first) throw new RollcallError('refused', first.message);
}
