import type { ComparedValue, Condition, Operator } from '../../core/shared/condition.ts';
import type { Json, JsonObject } from '../input/json.ts';
import { isUnassigned } from '../input/json.ts';

/** Whether an element of a multi-valued attribute is meant. */
export type Matcher = (element: JsonObject) => boolean;

/**
 * The test that the filter of a value path is, RFC 7644 section 3.5.2. Elements of what a client may write hold
 * strings and booleans only.
 */
export function matcher(condition: Condition): Matcher {
  switch (condition.kind) {
    case 'and': {
      const parts = condition.of.map(matcher);
      return (element) => parts.every((part) => part(element));
    }
    case 'or': {
      const parts = condition.of.map(matcher);
      return (element) => parts.some((part) => part(element));
    }
    case 'not': {
      const part = matcher(condition.of);
      return (element) => !part(element);
    }
    case 'present': {
      const [name = ''] = condition.attribute.path;
      return (element) => !isUnassigned(element[name]);
    }
    case 'compare': {
      const { attribute, operator, value } = condition;
      const [name = ''] = attribute.path;
      const wanted = folded(value, attribute.caseExact);
      return (element) => {
        const found = element[name];
        if (isUnassigned(found)) return operator === 'ne';
        return compares(operator, folded(found, attribute.caseExact), wanted);
      };
    }
    case 'element':
      return () => false;
  }
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
