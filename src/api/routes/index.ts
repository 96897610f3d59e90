import type { Route } from '../route.ts';
import { accessRoutes } from './access.ts';
import { auditRoutes } from './audit.ts';
import { conflictRoutes } from './conflicts.ts';
import { exportRoutes } from './exports.ts';
import { groupRoutes } from './groups.ts';
import { invitationRoutes } from './invitations.ts';
import { mappingPreviewRoutes } from './mapping-preview.ts';
import { mappingRuleRoutes } from './mapping-rules.ts';
import { organizationRoutes } from './organizations.ts';
import { productRoutes } from './products.ts';
import { projectRoutes } from './projects.ts';
import { roleRoutes } from './roles.ts';
import { scimRequestRoutes } from './scim-requests.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';
import { workspaceRoutes } from './workspaces.ts';

/** Every operation of the companion API. */
export const routes: readonly Route[] = [
  ...workspaceRoutes,
  ...productRoutes,
  ...organizationRoutes,
  ...projectRoutes,
  ...roleRoutes,
  ...userRoutes,
  ...groupRoutes,
  ...invitationRoutes,
  ...mappingRuleRoutes,
  ...mappingPreviewRoutes,
  ...accessRoutes,
  ...conflictRoutes,
  ...exportRoutes,
  ...tokenRoutes,
  ...auditRoutes,
  ...scimRequestRoutes,
];
