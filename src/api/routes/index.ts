import type { Route } from '../route.ts';
import { auditRoutes } from './audit.ts';
import { organizationRoutes } from './organizations.ts';
import { productRoutes } from './products.ts';
import { projectRoutes } from './projects.ts';
import { roleRoutes } from './roles.ts';
import { scimRequestRoutes } from './scim-requests.ts';
import { tokenRoutes } from './tokens.ts';
import { workspaceRoutes } from './workspaces.ts';

/** Every operation of the companion API. */
export const routes: readonly Route[] = [
  ...workspaceRoutes,
  ...productRoutes,
  ...organizationRoutes,
  ...projectRoutes,
  ...roleRoutes,
  ...tokenRoutes,
  ...auditRoutes,
  ...scimRequestRoutes,
];
