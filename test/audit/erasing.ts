import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { verifyAudit } from '../../src/core/audit/chain/verify.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { deleteUser } from '../../src/core/users/delete.ts';
import { eraseUser } from '../../src/core/users/erase.ts';
import type { UserId } from '../../src/lib/ids.ts';
import type { World } from '../support/world.ts';
import type { SealedDatabase } from './sealed-database.ts';

/** People who have gone and can be erased, in a world whose audit is sealed. */
export function erasingIn({ core, superuser }: SealedDatabase, { caller, user, group }: World) {
  return {
    /** Somebody who was in a group, has gone, and of whom all is sealed. */
    async gone(name = 'gone@example.com'): Promise<UserId> {
      const id = await user(name, { externalId: 'x-1', attributes: { displayName: 'Go Ne' } });
      await group(`Group of ${name}`, [id]);
      await deleteUser(contextOf(core, caller), id);
      await sealAudit(core);
      return id;
    },
    erase: (id: UserId) => eraseUser(contextOf(core, caller), id),
    verify: () => verifyAudit(core, caller.workspaceId),
    /** The place of an event of the person in the chain. */
    async eventOf(id: UserId, action: string) {
      const [found] = await superuser(
        `select e.id, s.seq from audit_events e left join audit_seals s on s.event_id = e.id
         where '${id}' in (e.target_id, e.related_id) and e.action = '${action}'`,
      );
      return found as { id: string; seq: number };
    },
  };
}
