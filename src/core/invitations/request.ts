import { type FieldError, RollcallError } from '../../lib/errors.ts';
import type { OrganizationId } from '../../lib/ids.ts';
import type { GrantTarget } from '../../store/access/group-grants.ts';
import type { GrantTargetColumns } from '../../store/access/manual-grants.ts';
import { catalogueKeys } from '../../store/access/mapping-rules.ts';
import { organizationByKey } from '../../store/catalog/organization-keys.ts';
import type { AccountRole } from '../access/effective.ts';
import { type GrantStatement, resolveStatement } from '../access/grant-specs.ts';
import type { Change } from '../change/change.ts';
import { ONE_PRODUCT } from '../change/one-product.ts';
import { isSameKey } from '../shared/keys.ts';

/** What an invitation should grant, by keys. A product without a license means its `standard` one. */
export interface InvitationRequest {
  readonly organization?: string | null | undefined;
  readonly accountRole?: AccountRole | undefined;
  readonly products?:
    readonly { readonly product: string; readonly license?: string | undefined }[] | undefined;
  readonly projects?: readonly { readonly project: string; readonly role: string }[] | undefined;
}

/** What an invitation grants, by ids. */
export interface InvitationGrants {
  /** Undefined when the request has none. */
  readonly organizationId: OrganizationId | undefined;
  readonly grants: readonly InvitationGrant[];
}

/** A grant and its conflict key: there is one account role, one role per project, one license per product. */
export interface InvitationGrant extends GrantTargetColumns {
  readonly conflictKey: string;
}

/**
 * Resolves the keys of a request. Throws `invalid` with an entry for each unknown or repeated key, and `refused` for a
 * billing manager with project roles, or a second product where users may have only one.
 */
export async function resolveGrants(c: Change, request: InvitationRequest): Promise<InvitationGrants> {
  const problems: FieldError[] = [];
  const organization = request.organization ?? undefined;
  const organizationId =
    organization === undefined ? undefined : (await organizationByKey(c.scope, organization))?.id;
  if (organization !== undefined && !organizationId) {
    const message = `There is no organization "${organization}" in this workspace.`;
    problems.push({ field: 'organization', message });
  }
  const grants: InvitationGrant[] = [...accountRole(request), ...(await resolveKeys(c, request, problems))];
  if (problems.length > 0) {
    throw new RollcallError('invalid', problems.map((problem) => problem.message).join(' '), {
      fields: problems,
    });
  }
  assertPossible(c, request);
  return { organizationId, grants };
}

function accountRole({ accountRole }: InvitationRequest): InvitationGrant[] {
  if (accountRole === undefined) return [];
  return [
    { ...NO_TARGET, kind: 'account_role', account_role: accountRole, conflictKey: conflictKeys.accountRole },
  ];
}

async function resolveKeys(
  c: Change,
  request: InvitationRequest,
  problems: FieldError[],
): Promise<InvitationGrant[]> {
  const { products = [], projects = [] } = request;
  if (products.length + projects.length === 0) return [];
  const keys = await catalogueKeys(c.scope);
  const grants: InvitationGrant[] = [];
  const add = (statement: GrantStatement, conflictKey: string, field: string, wrong: string): void => {
    const resolved = resolveStatement(statement, keys);
    if ('problem' in resolved) {
      problems.push({ field: `${field}.${wrong}`, message: resolved.problem });
    } else if (grants.some((grant) => grant.conflictKey === conflictKey)) {
      problems.push({ field, message: `The ${conflictKey} is listed twice. Remove one of the entries.` });
    } else {
      grants.push({ ...columnsOf(resolved.target), conflictKey });
    }
  };
  for (const [index, entry] of products.entries()) {
    const isKnown = keys.licenses.some((license) => isSameKey(license.product, entry.product));
    add(entry, conflictKeys.product(entry.product), `products[${index}]`, isKnown ? 'license' : 'product');
  }
  for (const [index, entry] of projects.entries()) {
    const isKnown = keys.projects.some((project) => isSameKey(project.key, entry.project));
    add(entry, conflictKeys.project(entry.project), `projects[${index}]`, isKnown ? 'role' : 'project');
  }
  return grants;
}

function columnsOf(target: GrantTarget): GrantTargetColumns {
  switch (target.kind) {
    case 'account_role':
      return { ...NO_TARGET, kind: target.kind, account_role: target.accountRole };
    case 'project_role':
      return { ...NO_TARGET, kind: target.kind, project_id: target.projectId, role_id: target.roleId };
    case 'entitlement':
      return { ...NO_TARGET, kind: target.kind, license_id: target.licenseId };
  }
}

const NO_TARGET = { account_role: null, project_id: null, role_id: null, license_id: null } as const;

/** Two grants with the same conflict key exclude each other; catalog keys are compared case-insensitively. */
export const conflictKeys = {
  accountRole: 'account role',
  product: (key: string): string => `product ${key.toLowerCase()}`,
  project: (key: string): string => `project ${key.toLowerCase()}`,
};

function assertPossible(c: Change, { accountRole, products = [], projects = [] }: InvitationRequest): void {
  if (accountRole === 'billing_manager' && projects.length > 0) {
    throw new RollcallError(
      'refused',
      'A billing manager holds no project role. Invite with another account role, or without projects.',
    );
  }
  if (products.some((item) => !isSameKey(item.product, products[0]?.product ?? '')) && c.onlyOneProduct) {
    throw new RollcallError('refused', ONE_PRODUCT);
  }
}
