import type { GrantStatement } from '../../src/core/access/grant-specs.ts';
import type { MappingRule } from '../../src/core/access/mapping-rules.ts';

/** A workspace as plain data. Keys are in lower case. */
export interface Model {
  readonly users: Map<string, ModelUser>;
  readonly groups: Map<string, ModelGroup>;
  rules: readonly MappingRule[];
  /** Products that are switched on. */
  readonly enabled: Set<string>;
  readonly projects: readonly string[];
  readonly licenses: Readonly<Record<string, readonly string[]>>;
  /** Project roles by rank. */
  readonly roles: Readonly<Record<string, number>>;
}

export interface ModelUser {
  readonly userName: string;
  readonly active: boolean;
  readonly deleted: boolean;
  /** As they were pushed. */
  readonly roles: readonly string[];
  readonly entitlements: readonly string[];
}

export interface ModelGroup {
  readonly name: string;
  readonly members: ReadonlySet<string>;
  readonly own: readonly GrantStatement[];
}

/** One thing and one way, as text: `USER kind target:level via`. */
export type AccessLine = string;

interface Held {
  readonly kind: 'account_role' | 'project_role' | 'entitlement';
  readonly target: string;
  readonly level: string;
  readonly via: string;
}

const ACCOUNT_ROLES = ['member', 'billing_manager', 'admin', 'owner'];

/**
 * Effective access as the contract tells it in words, written down without regard to cost: the reference that SQL is
 * compared with. Shares no code with the product.
 */
export function naiveAccess(model: Model, anybody = false): AccessLine[] {
  const lines: AccessLine[] = [];
  for (const [id, user] of model.users) {
    if (!anybody && (!user.active || user.deleted)) continue;
    const held = [...direct(model, user), ...throughGroups(model, id)];
    for (const one of held) {
      if (isEffective(model, held, one))
        lines.push(`${id} ${one.kind} ${one.target}:${one.level} ${one.via}`);
    }
  }
  return [...new Set(lines)].sort();
}

function isEffective(model: Model, held: readonly Held[], one: Held): boolean {
  const highest = Math.max(...held.map((other) => accountRank(other)));
  switch (one.kind) {
    case 'account_role':
      return accountRank(one) === highest;
    case 'entitlement':
      return model.enabled.has(one.target);
    case 'project_role': {
      if (highest === ACCOUNT_ROLES.indexOf('billing_manager')) return false;
      const rivals = held.filter((other) => other.kind === 'project_role' && other.target === one.target);
      return rivals.every((other) => rank(model, other.level) <= rank(model, one.level));
    }
  }
}

function accountRank(one: Held): number {
  return one.kind === 'account_role' ? ACCOUNT_ROLES.indexOf(one.level) : -1;
}

function rank(model: Model, role: string): number {
  return model.roles[role] ?? -1;
}

function direct(model: Model, user: ModelUser): Held[] {
  const held: Held[] = [];
  for (const value of user.roles.map((text) => text.toLowerCase())) {
    const [project = '', role = ''] = value.split(':');
    if (ACCOUNT_ROLES.includes(value)) {
      held.push({ kind: 'account_role', target: '', level: value, via: 'direct' });
    } else if (model.projects.includes(project) && role in model.roles) {
      held.push({ kind: 'project_role', target: project, level: role, via: 'direct' });
    }
  }
  for (const value of user.entitlements.map((text) => text.toLowerCase())) {
    const [product = '', license = 'standard'] = value.split(':');
    if (model.licenses[product]?.includes(license)) {
      held.push({ kind: 'entitlement', target: product, level: license, via: 'direct' });
    }
  }
  return held;
}

function throughGroups(model: Model, userId: string): Held[] {
  const held: Held[] = [];
  for (const [id, group] of model.groups) {
    if (!group.members.has(userId)) continue;
    for (const grant of group.own) held.push({ ...asHeld(grant), via: `${id}/own` });
    for (const grant of byRule(model, group.name)) held.push({ ...asHeld(grant), via: `${id}/rule` });
  }
  return held;
}

function asHeld(grant: GrantStatement): Omit<Held, 'via'> {
  if ('accountRole' in grant) return { kind: 'account_role', target: '', level: grant.accountRole };
  if ('project' in grant) return { kind: 'project_role', target: grant.project, level: grant.role };
  return { kind: 'entitlement', target: grant.product, level: grant.license ?? 'standard' };
}

/** What the first rule gives of which some filling of its placeholders is the name. */
function byRule(model: Model, name: string): GrantStatement[] {
  for (const rule of model.rules) {
    for (const filling of fillings(model)) {
      const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, key: string) => filling[key] ?? '');
      if (fill(rule.match).toLowerCase() !== name.toLowerCase()) continue;
      return rule.grants.map(
        (grant) =>
          Object.fromEntries(
            Object.entries(grant).map(([key, text]) => [key, fill(text as string)]),
          ) as unknown as GrantStatement,
      );
    }
  }
  return [];
}

function fillings(model: Model): Record<string, string>[] {
  return model.projects.flatMap((project) =>
    Object.keys(model.roles).flatMap((role) =>
      Object.entries(model.licenses).flatMap(([product, licenses]) =>
        licenses.map((license) => ({ project, role, product, license })),
      ),
    ),
  );
}
