import { type FieldError, RollcallError } from '../../lib/errors.ts';
import { foldedText } from '../../lib/fold-case.ts';
import type { LicenseId, ProjectId, RoleId } from '../../lib/ids.ts';
import type { GrantTarget } from '../../store/access/group-grants.ts';
import type { CatalogueKeys } from '../../store/access/mapping-rules.ts';
import { isSameKey } from '../shared/keys.ts';

/** What a mapping says that members of a group get, by keys (contract section 5). A product alone is its `standard`. */
export type GrantStatement =
  | { readonly accountRole: string }
  | { readonly project: string; readonly role: string }
  | { readonly product: string; readonly license?: string | undefined };

export const DEFAULT_LICENSE = 'standard';

/** Account roles that a group may give. `owner` cannot be granted through a group. */
const THROUGH_GROUP = ['admin', 'billing_manager', 'member'] as const;

/** What a statement names, or in words what is wrong with it. */
export function resolveStatement(
  statement: GrantStatement,
  keys: CatalogueKeys,
): { target: GrantTarget } | { problem: string } {
  if ('accountRole' in statement) {
    const accountRole = THROUGH_GROUP.find((role) => isSameKey(role, statement.accountRole));
    if (accountRole) return { target: { kind: 'account_role', accountRole } };
    return {
      problem: isSameKey(statement.accountRole, 'owner')
        ? 'owner cannot be granted through a group; give it to a person.'
        : `There is no account role "${statement.accountRole}"; a group can give ${THROUGH_GROUP.join(', ')}.`,
    };
  }
  if ('project' in statement) {
    const projectId = idsOf(keys).projects.get(foldedText(statement.project));
    if (!projectId) return { problem: `There is no project "${statement.project}".` };
    const roleId = idsOf(keys).roles.get(foldedText(statement.role));
    if (!roleId) return { problem: `There is no project role "${statement.role}".` };
    return { target: { kind: 'project_role', projectId, roleId } };
  }
  const wanted = statement.license ?? DEFAULT_LICENSE;
  const ofProduct = idsOf(keys).licenses.get(foldedText(statement.product));
  if (!ofProduct) return { problem: `There is no product "${statement.product}".` };
  const licenseId = ofProduct.get(foldedText(wanted));
  if (!licenseId) return { problem: `The product "${statement.product}" has no license "${wanted}".` };
  return { target: { kind: 'entitlement', licenseId } };
}

/** The ids of a catalogue by keys whose case is folded; licenses by their product's. */
interface IdsByKey {
  readonly projects: ReadonlyMap<string, ProjectId>;
  readonly roles: ReadonlyMap<string, RoleId>;
  readonly licenses: ReadonlyMap<string, ReadonlyMap<string, LicenseId>>;
}

/** Rules are resolved for many groups: the keys of one catalogue are put in order once. */
const known = new WeakMap<CatalogueKeys, IdsByKey>();

function idsOf(keys: CatalogueKeys): IdsByKey {
  let ids = known.get(keys);
  if (!ids) known.set(keys, (ids = idsByKey(keys)));
  return ids;
}

function idsByKey(keys: CatalogueKeys): IdsByKey {
  const licenses = new Map<string, Map<string, LicenseId>>();
  for (const { product, key, id } of keys.licenses) {
    const ofProduct = licenses.get(foldedText(product)) ?? new Map<string, LicenseId>();
    licenses.set(foldedText(product), ofProduct.set(foldedText(key), id));
  }
  return {
    projects: new Map(keys.projects.map(({ key, id }) => [foldedText(key), id])),
    roles: new Map(keys.roles.map(({ key, id }) => [foldedText(key), id])),
    licenses,
  };
}

/** Resolves all statements or throws `invalid` with one message for each that names nothing. */
export function resolveStatements(statements: readonly GrantStatement[], keys: CatalogueKeys): GrantTarget[] {
  const problems: FieldError[] = [];
  const targets: GrantTarget[] = [];
  statements.forEach((statement, index) => {
    const resolved = resolveStatement(statement, keys);
    if ('target' in resolved) targets.push(resolved.target);
    else problems.push({ field: `grants[${index}]`, message: resolved.problem });
  });
  if (problems.length > 0) {
    throw new RollcallError('invalid', problems.map((problem) => problem.message).join(' '), {
      fields: problems,
    });
  }
  return targets;
}
