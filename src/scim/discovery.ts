import SCIMMY from 'scimmy';
import { MAX_COUNT } from './list-query.ts';
import { groupVerbs } from './resources/groups.ts';
import { resourceClass } from './resources/resource-class.ts';
import { userVerbs } from './resources/users.ts';
import { definitions } from './schema/definitions.ts';

let declared = false;

/**
 * Declares our resource types and what we support to scimmy, once for the process: it keeps both in statics. The
 * router must be made after this, since it reads them as it is made.
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

/** What ServiceProviderConfig says (RFC 7643 section 5). The router sets all of it as it is made; this is the truth. */
export function configureSupport(): void {
  SCIMMY.Config.set({
    patch: true,
    sort: true,
    etag: true,
    changePassword: false,
    filter: { supported: true, maxResults: MAX_COUNT },
    bulk: { supported: false, maxOperations: 1000, maxPayloadSize: 1_048_576 },
  });
}
