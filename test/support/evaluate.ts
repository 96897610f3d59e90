import type { AttributeRef, ComparedValue, Condition, Operator } from '../../src/core/shared/condition.ts';
import { preparedName, preparedNamePart } from './prepared-name.ts';

/**
 * The plain meaning of a condition on a SCIM resource as JSON: the reference that SQL is compared with. It shares no
 * code with the product. Strings compare without regard to case unless the attribute is caseExact, and order by code
 * point, a userName prepared; dateTimes compare as instants; `ne` holds for what is missing; one element that meets a condition is enough.
 */
export function evaluate(condition: Condition, resource: unknown): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((part) => evaluate(part, resource));
    case 'or':
      return condition.of.some((part) => evaluate(part, resource));
    case 'not':
      return !evaluate(condition.of, resource);
    case 'present':
      return isPresent(valueAt(resource, condition.attribute.path));
    case 'compare':
      return compare(
        condition.attribute,
        condition.operator,
        valueAt(resource, condition.attribute.path),
        condition.value,
      );
    case 'element': {
      const elements = valueAt(resource, condition.attribute.path);
      return Array.isArray(elements) && elements.some((element) => evaluate(condition.where, element));
    }
  }
}

function valueAt(resource: unknown, path: readonly string[]): unknown {
  let value = resource;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** RFC 7643 section 2.5, and RFC 7644 section 3.4.2.2 on `pr`: a non-empty node for a complex attribute. */
function isPresent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (typeof value !== 'object') return true;
  return Object.values(value).some(isPresent);
}

function compare(
  attribute: AttributeRef,
  operator: Operator,
  found: unknown,
  wanted: ComparedValue,
): boolean {
  if (wanted === null) return operator === 'ne' ? isPresent(found) : !isPresent(found);
  if (!isPresent(found)) return operator === 'ne';
  const left = comparable(attribute, found);
  const right = comparable(attribute, wanted, operator);
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

function comparable(
  { path, type, caseExact }: AttributeRef,
  value: unknown,
  operator?: Operator,
): string | number | boolean {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  const text = String(value);
  if (type === 'dateTime') return Date.parse(text);
  const isPart = operator === 'co' || operator === 'sw' || operator === 'ew';
  const prepare = isPart ? preparedNamePart : preparedName;
  const prepared = path.join('.') === 'userName' ? prepare(text) : text;
  return caseExact ? prepared : prepared.toLowerCase();
}

function order(left: string | number | boolean, right: string | number | boolean): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
}
