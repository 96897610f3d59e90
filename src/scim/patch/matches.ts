import type { ComparedValue, Condition, Operator } from '../../core/condition.ts';
import type { Json, JsonObject } from '../json.ts';
import { isUnassigned } from '../json.ts';

/**
 * Whether an element meets the filter of a value path, RFC 7644 section 3.5.2. Elements of what a client may write
 * hold strings and booleans only.
 */
export function matches(condition: Condition, element: JsonObject): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((part) => matches(part, element));
    case 'or':
      return condition.of.some((part) => matches(part, element));
    case 'not':
      return !matches(condition.of, element);
    case 'present':
      return !isUnassigned(valueAt(element, condition.attribute.path));
    case 'compare': {
      const { attribute, operator, value } = condition;
      const found = valueAt(element, attribute.path);
      if (isUnassigned(found)) return operator === 'ne';
      return compares(operator, folded(found, attribute.caseExact), folded(value, attribute.caseExact));
    }
    case 'element':
      return false;
  }
}

function valueAt(element: JsonObject, path: readonly string[]): Json | undefined {
  const [name = ''] = path;
  return Object.hasOwn(element, name) ? element[name] : undefined;
}

function folded(value: Json | ComparedValue, caseExact: boolean): string | boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return caseExact ? text : text.toLowerCase();
}

function compares(operator: Operator, left: string | boolean, right: string | boolean): boolean {
  switch (operator) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'co':
      return String(left).includes(String(right));
    case 'sw':
      return String(left).startsWith(String(right));
    case 'ew':
      return String(left).endsWith(String(right));
    case 'gt':
      return order(left, right) > 0;
    case 'ge':
      return order(left, right) >= 0;
    case 'lt':
      return order(left, right) < 0;
    case 'le':
      return order(left, right) <= 0;
  }
}

/** By code points, as the database orders. */
function order(left: string | boolean, right: string | boolean): number {
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
}
