import { type FieldError, RollcallError } from '../../lib/errors.ts';
import type { CatalogueKeys } from '../../store/access/mapping-rules.ts';
import { type GrantStatement, resolveStatement } from './grant-specs.ts';
import { entries, type MappingRule } from './mapping-rules.ts';
import { PLACEHOLDERS } from './name-pattern.ts';

const MAX_RULES = 500;
const MAX_MATCH_LENGTH = 256;
const MAX_PLACEHOLDERS = 10;
/** Characters of a key in a grant, with its placeholders. */
const MAX_TEXT_LENGTH = 256;
/** Problems that are listed at once: each repeats what was sent. */
const MAX_PROBLEMS = 100;

/** Throws `invalid` with a message for each rule that could never give anything, naming what to mend. */
export function checkRules(rules: readonly MappingRule[], keys: CatalogueKeys): void {
  const problems: FieldError[] = [];
  if (rules.length > MAX_RULES) {
    problems.push({ field: 'rules', message: `At most ${MAX_RULES} rules can be kept.` });
  }
  for (const [index, rule] of rules.slice(0, MAX_RULES).entries()) {
    problems.push(...problemsWith(rule, `rules[${index}]`, keys));
    if (problems.length >= MAX_PROBLEMS) break;
  }
  if (problems.length === 0) return;
  const listed = problems.slice(0, MAX_PROBLEMS);
  throw new RollcallError('invalid', listed.map((problem) => problem.message).join(' '), { fields: listed });
}

function problemsWith(rule: MappingRule, field: string, keys: CatalogueKeys): FieldError[] {
  const match = `${field}.match`;
  if (rule.match.trim() === '' || rule.match.length > MAX_MATCH_LENGTH) {
    return [{ field: match, message: `match has 1 to ${MAX_MATCH_LENGTH} characters.` }];
  }
  const used = placeholdersOf(rule.match);
  if (/[{}]/.test(rule.match.replace(/\{\w+\}/g, '')) || used.some((name) => !isPlaceholder(name))) {
    const known = PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
    return [{ field: match, message: `"${rule.match}": the placeholders are ${known}.` }];
  }
  if (used.length > MAX_PLACEHOLDERS) {
    return [
      { field: match, message: `"${rule.match}": at most ${MAX_PLACEHOLDERS} placeholders can be used.` },
    ];
  }
  // Each value of a repeated placeholder is tried with each of the others.
  if (new Set(used.filter((name, at) => used.indexOf(name) !== at)).size > 1) {
    return [{ field: match, message: `"${rule.match}": only one placeholder can be used more than once.` }];
  }
  return rule.grants.flatMap((grant, at) => {
    const message = problemWithGrant(grant, used, keys);
    return message === undefined ? [] : [{ field: `${field}.grants[${at}]`, message }];
  });
}

function problemWithGrant(
  grant: GrantStatement,
  used: readonly string[],
  keys: CatalogueKeys,
): string | undefined {
  const texts = entries(grant).map(([, text]) => text);
  if (texts.some((text) => text.length > MAX_TEXT_LENGTH)) {
    return `A key in a grant has at most ${MAX_TEXT_LENGTH} characters.`;
  }
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
