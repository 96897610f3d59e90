import type { Condition } from '../../core/shared/condition.ts';
import type { Draft } from '../input/draft.ts';
import { elementsOf, write } from '../input/draft.ts';
import { bounded, element } from '../input/elements.ts';
import type { JsonObject } from '../input/json.ts';
import { isArray, isUnassigned } from '../input/json.ts';
import { settle } from '../input/normalize.ts';
import { simpleValue, wrongType } from '../input/simple.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName } from '../schema/attribute.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import { badRequest } from '../scim-error.ts';
import type { Matcher } from './matches.ts';
import { matcher } from './matches.ts';
import type { Operation } from './operations.ts';

/** Elements of one multi-valued attribute that an operation is about, or one sub-attribute of them. */
export interface Selection {
  readonly attribute: SchemaAttribute;
  /** All elements, when there is no filter. */
  readonly where: Condition | undefined;
  readonly sub: SchemaAttribute | undefined;
}

/** Adds, replaces or removes the selected elements, or the sub-attribute in them: RFC 7644 section 3.5.2. */
export function editElements(
  draft: Draft,
  schema: ResourceSchema,
  selection: Selection,
  { op, value }: Pick<Operation, 'op' | 'value'>,
): void {
  const { attribute, where, sub } = selection;
  const elements = elementsOf(draft, attribute);
  const isSelected: Matcher = where ? matcher(where) : () => true;

  if (op === 'remove' || isUnassigned(value)) {
    // Adding nothing adds nothing; replacing by nothing takes away, RFC 7643 section 2.5.
    if (op === 'add') return;
    const rest = elements.flatMap((one) => (isSelected(one) ? without(one, sub) : [one]));
    write(draft, attribute.path, settle(rest));
    return;
  }

  const given = sub ? subValue(sub, value) : elementValue(schema, attribute, value);
  const base = elements.some(isSelected) ? elements : [...elements, seed(attribute, where)];
  const touched = new Set<JsonObject>();
  const edited = base.map((one, index) => {
    if (index < elements.length && !isSelected(one)) return one;
    const next = op === 'replace' && !sub ? { ...impliedBy(where), ...given } : { ...one, ...given };
    touched.add(next);
    return next;
  });
  write(draft, attribute.path, bounded(attribute, settle(edited, touched)));
}

/**
 * The element that a filter made only of `eq`, joined by `and`, describes. Entra ID adds to and replaces
 * `emails[type eq "work"].value` where there is none yet, and means it to be made: Captain-P-Goldfish/SCIM-SDK#416.
 * Any other filter that selects nothing is a `noTarget`, RFC 7644 section 3.5.2.3.
 */
function seed(attribute: SchemaAttribute, where: Condition | undefined): JsonObject {
  if (where && !isDescription(where)) {
    throw badRequest('noTarget', `The filter on "${attributeName(attribute.path)}" selects nothing.`);
  }
  return impliedBy(where);
}

function isDescription(where: Condition): boolean {
  if (where.kind === 'and') return where.of.every(isDescription);
  return where.kind === 'compare' && where.operator === 'eq';
}

/** What every element that meets the filter has: the values it must equal. */
function impliedBy(where: Condition | undefined): JsonObject {
  if (where?.kind === 'and') {
    return where.of.reduce<JsonObject>((implied, part) => ({ ...implied, ...impliedBy(part) }), {});
  }
  if (where?.kind !== 'compare' || where.operator !== 'eq') return {};
  const [name = ''] = where.attribute.path;
  return { [name]: where.value };
}

function subValue(sub: SchemaAttribute, value: unknown): JsonObject {
  const simple = simpleValue(sub, value);
  return simple === undefined ? {} : { [sub.name]: simple };
}

function elementValue(schema: ResourceSchema, attribute: SchemaAttribute, value: unknown): JsonObject {
  const list = isArray(value) ? value : [value];
  if (list.length > 1) throw wrongType(attribute, 'one object where a filter selects the values');
  return element(schema, attribute, list[0]) ?? {};
}

/** The element without the sub-attribute; none at all when only labels of a value would be left. */
function without(one: JsonObject, sub: SchemaAttribute | undefined): JsonObject[] {
  if (!sub) return [];
  const rest = Object.entries(one).filter(([name]) => name !== sub.name);
  const isEmpty = rest.every(([name]) => name === 'type' || name === 'primary');
  return isEmpty ? [] : [Object.fromEntries(rest)];
}
