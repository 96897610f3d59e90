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

/** What an invitation is to give, by keys. A product alone is its `standard` license. */
export interface Asked {
  readonly organization?: string | null | undefined;
  readonly accountRole?: AccountRole | undefined;
  readonly products?:
    readonly { readonly product: string; readonly license?: string | undefined }[] | undefined;
  readonly projects?: readonly { readonly project: string; readonly role: string }[] | undefined;
}

/** What an invitation gives, by ids. */
export interface Offer {
  /** Undefined when nothing was said of it. */
  readonly organizationId: OrganizationId | undefined;
  readonly grants: readonly OfferedGrant[];
}

/** A grant, and what it takes the place of: there is one account role, one role in a project, one license of a product. */
export interface OfferedGrant extends GrantTargetColumns {
  readonly slot: string;
}

/**
 * Resolves what was asked for. Throws `invalid` with an entry for each key that names nothing or is there twice, and
 * `refused` for a billing manager with project roles, or a second product where only one may be given.
 */
export async function resolveOffer(c: Change, asked: Asked): Promise<Offer> {
  const problems: FieldError[] = [];
  const organization = asked.organization ?? undefined;
  const organizationId =
    organization === undefined ? undefined : (await organizationByKey(c.scope, organization))?.id;
  if (organization !== undefined && !organizationId) {
    const message = `There is no organization "${organization}" in this workspace.`;
    problems.push({ field: 'organization', message });
  }
  const grants: OfferedGrant[] = [...accountRole(asked), ...(await byKeys(c, asked, problems))];
  if (problems.length > 0) {
    throw new RollcallError('invalid', problems.map((problem) => problem.message).join(' '), {
      fields: problems,
    });
  }
  refuseImpossible(c, asked);
  return { organizationId, grants };
}

function accountRole({ accountRole }: Asked): OfferedGrant[] {
  if (accountRole === undefined) return [];
  return [{ ...NOTHING, kind: 'account_role', account_role: accountRole, slot: slotOf.accountRole }];
}

async function byKeys(c: Change, asked: Asked, problems: FieldError[]): Promise<OfferedGrant[]> {
  const { products = [], projects = [] } = asked;
  if (products.length + projects.length === 0) return [];
  const keys = await catalogueKeys(c.scope);
  const grants: OfferedGrant[] = [];
  const add = (statement: GrantStatement, slot: string, field: string, wrong: string): void => {
    const resolved = resolveStatement(statement, keys);
    if ('problem' in resolved) {
      problems.push({ field: `${field}.${wrong}`, message: resolved.problem });
    } else if (grants.some((grant) => grant.slot === slot)) {
      problems.push({ field, message: `The ${slot} is there twice.` });
    } else {
      grants.push({ ...columnsOf(resolved.target), slot });
    }
  };
  for (const [index, one] of products.entries()) {
    const isKnown = keys.licenses.some((license) => isSameKey(license.product, one.product));
    add(one, slotOf.product(one.product), `products[${index}]`, isKnown ? 'license' : 'product');
  }
  for (const [index, one] of projects.entries()) {
    const isKnown = keys.projects.some((project) => isSameKey(project.key, one.project));
    add(one, slotOf.project(one.project), `projects[${index}]`, isKnown ? 'role' : 'project');
  }
  return grants;
}

function columnsOf(target: GrantTarget): GrantTargetColumns {
  switch (target.kind) {
    case 'account_role':
      return { ...NOTHING, kind: target.kind, account_role: target.accountRole };
    case 'project_role':
      return { ...NOTHING, kind: target.kind, project_id: target.projectId, role_id: target.roleId };
    case 'entitlement':
      return { ...NOTHING, kind: target.kind, license_id: target.licenseId };
  }
}

const NOTHING = { account_role: null, project_id: null, role_id: null, license_id: null } as const;

/** The names of slots; keys are compared without regard to case. */
export const slotOf = {
  accountRole: 'account role',
  product: (key: string): string => `product ${key.toLowerCase()}`,
  project: (key: string): string => `project ${key.toLowerCase()}`,
};

function refuseImpossible(c: Change, { accountRole, products = [], projects = [] }: Asked): void {
  if (accountRole === 'billing_manager' && projects.length > 0) {
    throw new RollcallError(
      'refused',
      'A billing manager holds no project role. Invite with another account role, or without projects.',
    );
  }
  if (products.some((one) => !isSameKey(one.product, products[0]?.product ?? '')) && c.onlyOneProduct) {
    throw new RollcallError('refused', ONE_PRODUCT);
  }
}
