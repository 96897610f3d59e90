import type { Route } from '../route.ts';
import { accessRoutes } from './access.ts';
import { auditSealRoutes } from './audit-chain.ts';
import { auditRoutes } from './audit.ts';
import { conflictRoutes } from './conflicts.ts';
import { exportReceiptRoutes } from './export-receipts.ts';
import { exportRoutes } from './exports.ts';
import { groupRoutes } from './groups.ts';
import { invitationRoutes } from './invitations.ts';
import { lastAccessRoutes } from './last-access.ts';
import { machineRoutes } from './machines.ts';
import { mappingPreviewRoutes } from './mapping-preview.ts';
import { mappingRuleRoutes } from './mapping-rules.ts';
import { organizationRoutes } from './organizations.ts';
import { productRoutes } from './products.ts';
import { projectRoutes } from './projects.ts';
import { reviewReportRoutes } from './review-report.ts';
import { reviewRowRoutes } from './review-rows.ts';
import { reviewRoutes } from './reviews.ts';
import { roleRoutes } from './roles.ts';
import { scimRequestRoutes } from './scim-requests.ts';
import { tokenRoutes } from './tokens.ts';
import { userChangeRoutes } from './user-changes.ts';
import { userGrantRoutes } from './user-grants.ts';
import { usersManyRoutes } from './users-bulk.ts';
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
  ...userChangeRoutes,
  ...userGrantRoutes,
  ...usersManyRoutes,
  ...groupRoutes,
  ...invitationRoutes,
  ...mappingRuleRoutes,
  ...mappingPreviewRoutes,
  ...accessRoutes,
  ...lastAccessRoutes,
  ...machineRoutes,
  ...conflictRoutes,
  ...exportRoutes,
  ...exportReceiptRoutes,
  ...reviewRoutes,
  ...reviewRowRoutes,
  ...reviewReportRoutes,
  ...tokenRoutes,
  ...auditRoutes,
  ...auditSealRoutes,
  ...scimRequestRoutes,
];
