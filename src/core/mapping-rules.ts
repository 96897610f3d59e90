import { RollcallError, type FieldError } from '../errors.ts';
import type { GrantTarget } from '../store/group-grants.ts';
import type { CatalogueKeys } from '../store/mapping-rules.ts';
import { resolveStatement, type GrantStatement } from './grant-statements.ts';

/** A rule that reads a group's name: `ts-{project}-{role}`. */
export interface MappingRule {
  readonly match: string;
  readonly grants: readonly GrantStatement[];
}

/** What the first matching rule gives to a group of some name. */
export interface RuleMatch {
  readonly rule: string;
  readonly targets: readonly GrantTarget[];
}

const PLACEHOLDERS = ['project', 'role', 'product', 'license', 'accountRole'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
type Bindings = Partial<Record<Placeholder, string>>;

const MAX_RULES = 500;
const MAX_MATCH_LENGTH = 256;

/**
 * Compiles rules to a function from a group's name to what its first matching rule gives. A placeholder stands for a
 * key that exists; the whole name must match, without regard to case. Where a name can be read in several ways, the
 * longest keys are tried first. A rule of which some grant names nothing does not match.
 */
export function compileRules(
  rules: readonly MappingRule[],
  keys: CatalogueKeys,
): (groupName: string) => RuleMatch | undefined {
  const compiled = rules.map((rule) => ({ rule, pattern: pattern(rule.match, keys) }));
  return (groupName) => {
    for (const { rule, pattern } of compiled) {
      const match = pattern.exec(groupName);
      if (!match) continue;
      const targets = resolveAll(rule.grants, match.groups ?? {}, keys);
      if (targets) return { rule: rule.match, targets };
    }
    return undefined;
  };
}

function resolveAll(
  grants: readonly GrantStatement[],
  bindings: Bindings,
  keys: CatalogueKeys,
): GrantTarget[] | undefined {
  const targets: GrantTarget[] = [];
  for (const grant of grants) {
    const resolved = resolveStatement(substitute(grant, bindings), keys);
    if (!('target' in resolved)) return undefined;
    targets.push(resolved.target);
  }
  return targets;
}

function substitute(grant: GrantStatement, bindings: Bindings): GrantStatement {
  const filled = entries(grant).map(([field, text]) => [field, fill(text, bindings)]);
  return Object.fromEntries(filled) as GrantStatement;
}

function entries(grant: GrantStatement): [string, string][] {
  return Object.entries(grant).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function fill(text: string, bindings: Bindings): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: Placeholder) => bindings[name] ?? whole);
}

function pattern(match: string, keys: CatalogueKeys): RegExp {
  const values: Record<Placeholder, readonly string[]> = {
    project: keys.projects.map((one) => one.key),
    role: keys.roles.map((one) => one.key),
    product: [...new Set(keys.licenses.map((one) => one.product))],
    license: [...new Set(keys.licenses.map((one) => one.key))],
    accountRole: ['admin', 'billing_manager', 'member'],
  };
  const seen = new Set<string>();
  const source = match
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1] as Placeholder | undefined;
      if (!name) return escape(part);
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>${alternatives(values[name])})`;
    })
    .join('');
  return new RegExp(`^${source}$`, 'iu');
}

function alternatives(values: readonly string[]): string {
  if (values.length === 0) return '(?!)';
  return [...values]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map(escape)
    .join('|');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Throws `invalid` with a message for each rule that could never give anything, naming what to mend. */
export function checkRules(rules: readonly MappingRule[], keys: CatalogueKeys): void {
  const problems: FieldError[] = [];
  if (rules.length > MAX_RULES) {
    problems.push({ field: 'rules', message: `At most ${MAX_RULES} rules can be kept.` });
  }
  rules.forEach((rule, index) => {
    const field = `rules[${index}]`;
    const used = placeholdersOf(rule.match);
    if (rule.match.trim() === '' || rule.match.length > MAX_MATCH_LENGTH) {
      problems.push({ field: `${field}.match`, message: `match has 1 to ${MAX_MATCH_LENGTH} characters.` });
    }
    if (/[{}]/.test(rule.match.replace(/\{\w+\}/g, '')) || used.some((name) => !isPlaceholder(name))) {
      const known = PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
      problems.push({ field: `${field}.match`, message: `"${rule.match}": the placeholders are ${known}.` });
      return;
    }
    rule.grants.forEach((grant, at) => {
      const problem = checkGrant(grant, used, keys);
      if (problem) problems.push({ field: `${field}.grants[${at}]`, message: problem });
    });
  });
  if (problems.length > 0) {
    throw new RollcallError('invalid', problems.map((problem) => problem.message).join(' '), {
      fields: problems,
    });
  }
}

function checkGrant(grant: GrantStatement, used: readonly string[], keys: CatalogueKeys): string | undefined {
  const texts = entries(grant).map(([, text]) => text);
  const missing = texts.flatMap(placeholdersOf).find((name) => !used.includes(name));
  if (missing) return `{${missing}} does not occur in the rule's match.`;
  if (texts.some((text) => placeholdersOf(text).length > 0)) return undefined;
  const resolved = resolveStatement(grant, keys);
  return 'problem' in resolved ? resolved.problem : undefined;
}

function placeholdersOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
}

function isPlaceholder(name: string): boolean {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
