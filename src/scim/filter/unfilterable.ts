import type { Condition } from '../../core/shared/condition.ts';
import { attributeName } from '../schema/attribute.ts';
import { ROLLCALL_USER } from '../schema/rollcall.ts';
import { badRequest } from '../scim-error.ts';

/** What is made as it is shown, from our own address or from all that gives access: no row holds it. */
const MADE: ReadonlySet<string> = new Set([
  'meta.location',
  'groups.$ref',
  'members.$ref',
  `${ROLLCALL_USER}:access`,
]);

/** Throws `invalidFilter` for a condition about what cannot be asked for. `parent` is the path of the elements meant. */
export function checkAskable(condition: Condition, parent: readonly string[] = []): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const part of condition.of) checkAskable(part, parent);
      return;
    case 'not':
      checkAskable(condition.of, parent);
      return;
    case 'present':
    case 'compare':
      checkName([...parent, ...condition.attribute.path]);
      return;
    case 'element': {
      const path = [...parent, ...condition.attribute.path];
      checkName(path);
      checkAskable(condition.where, path);
    }
  }
}

function checkName(path: readonly string[]): void {
  const name = attributeName(path);
  if (MADE.has(name)) throw badRequest('invalidFilter', `"${name}" cannot be used in a filter.`);
}
