import { invalid, type RollcallError } from '../../lib/errors.ts';
import type { GrantTarget } from '../../store/access/group-grants.ts';
import type { CatalogueKeys } from '../../store/access/mapping-rules.ts';
import { createYielder } from '../shared/yielding.ts';
import { type GrantStatement, resolveStatement } from './grant-specs.ts';
import { keyTrie, type KeyTrie } from './key-trie.ts';
import {
  type Bindings,
  compilePattern,
  matchName,
  MOST_STEPS_OF_NAME,
  type Placeholder,
  readableName,
} from './name-pattern.ts';

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

/** Work for one reading of names, about ten nanoseconds a step. */
const MOST_STEPS = 500_000_000;
/** Grants that all rules may give to all groups together: they are compared with those that there are, as one. */
const MOST_GRANTS = 200_000;

/** Reads a group's name: what its first matching rule gives to it. */
export type NameReader = (groupName: string) => Promise<RuleMatch | undefined>;

/** How names are read. */
export interface ReadingOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether a name that takes too long by one rule is told; otherwise the rule does not match it. */
  readonly isStrict?: boolean;
}

/**
 * Compiles rules to a function that reads groups' names. A placeholder stands for a key that exists; the whole name must
 * match, without regard to case. Where a name can be read in several ways, the longest keys are tried first. A rule of
 * which some grant names nothing does not match. The process serves others between names and rules. Reading throws
 * `invalid` when it takes too long or gives too much in all, with `isStrict` also when it is not known whether a rule
 * matches some name, and `cancelled` once `signal` aborts.
 */
export function compileRules(
  rules: readonly MappingRule[],
  keys: CatalogueKeys,
  { signal, isStrict = false }: ReadingOptions = {},
): NameReader {
  const compiled = rules.map((rule) => ({
    rule,
    pattern: compilePattern(rule.match),
    stepsToGrant: stepsToGrant(rule),
  }));
  const tries = triesOf(keys);
  const turns = createYielder(signal);
  const effort = { steps: MOST_STEPS };
  let grants = 0;
  return async (groupName) => {
    const name = readableName(groupName, tries);
    for (const { rule, pattern, stepsToGrant } of compiled) {
      const before = effort.steps;
      const bindings = matchName(pattern, name, effort);
      if (isStrict && !bindings && before - effort.steps > MOST_STEPS_OF_NAME)
        throw tooMuch(`take too long to read the name "${groupName}" by "${rule.match}"`);
      const targets = bindings && resolveAll(rule.grants, bindings, keys);
      if (bindings) effort.steps -= stepsToGrant;
      if (effort.steps < 0) throw tooMuch('take too long to read the names of all groups');
      const turn = turns.yieldAfter(before - effort.steps);
      if (turn) await turn;
      if (!targets) continue;
      grants += targets.length;
      if (grants > MOST_GRANTS) throw tooMuch(`give more than ${MOST_GRANTS} grants to all groups together`);
      return { rule: rule.match, targets };
    }
    return undefined;
  };
}

/** What it takes to fill in a rule's grants and to find the keys, in steps of matching. */
function stepsToGrant({ grants }: MappingRule): number {
  return grants.flatMap(entries).reduce((steps, [, text]) => steps + 100 + text.length, 0);
}

function tooMuch(problem: string): RollcallError {
  return invalid(
    'rules',
    `The mapping rules ${problem}. Use fewer rules, and let each begin with a text of its own, such as "ts-".`,
  );
}

function triesOf(keys: CatalogueKeys): Record<Placeholder, KeyTrie> {
  return {
    project: keyTrie(keys.projects.map((one) => one.key)),
    role: keyTrie(keys.roles.map((one) => one.key)),
    product: keyTrie(keys.licenses.map((one) => one.product)),
    license: keyTrie(keys.licenses.map((one) => one.key)),
    accountRole: keyTrie(['admin', 'billing_manager', 'member']),
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

/** The fields of a grant with their texts. */
export function entries(grant: GrantStatement): [string, string][] {
  return Object.entries(grant).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function fill(text: string, bindings: Bindings): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: Placeholder) => bindings[name] ?? whole);
}
