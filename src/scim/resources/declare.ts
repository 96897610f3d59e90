import SCIMMY from 'scimmy';
import { definitions } from '../schema/definitions.ts';
import { groupVerbs } from './groups.ts';
import { resourceClass } from './resource-class.ts';
import { userVerbs } from './users.ts';

let declared = false;

/**
 * Declares our resource types to scimmy, once for the process: it keeps them in statics. The router must be made after
 * this, since it reads them as it is made.
 */
export function declareResources(): void {
  if (declared) return;
  declared = true;
  // The corrected definitions, not scimmy's own, are what these schemas describe.
  if (SCIMMY.Schemas.User.definition !== definitions.user) throw new Error('scimmy holds other definitions.');
  SCIMMY.Resources.declare(
    resourceClass({ name: 'User', endpoint: '/Users', schema: SCIMMY.Schemas.User, verbs: userVerbs }),
  );
  SCIMMY.Resources.declare(
    resourceClass({ name: 'Group', endpoint: '/Groups', schema: SCIMMY.Schemas.Group, verbs: groupVerbs }),
  );
}
