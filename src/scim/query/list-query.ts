import type { AttributeRef, Condition } from '../../core/shared/condition.ts';
import type { SortBy } from '../../core/shared/records.ts';
import { assertAffordable } from '../filter/cost.ts';
import { parseFilter } from '../filter/parser.ts';
import { checkAskable } from '../filter/unfilterable.ts';
import { attributeName, attributeRef, type SchemaAttribute } from '../schema/attribute.ts';
import { resolveChain, type ResourceSchema } from '../schema/schema.ts';
import { badRequest, quoted } from '../scim-error.ts';
import { type Paging, readPaging } from './paging.ts';
import { parseProjection, type Projection } from './projection.ts';
import type { RawQuery } from './raw-query.ts';

/** Which resources a list holds, and in which order. */
export interface Selection {
  readonly condition: Condition | undefined;
  readonly sortBy: SortBy | undefined;
}

/** The query of a list (RFC 7644 section 3.4.2), checked. */
export interface ListQuery {
  readonly selection: Selection;
  readonly paging: Paging;
  readonly projection: Projection;
}

/** Reads the query of a list of one type. */
export function readListQuery(query: RawQuery, schema: ResourceSchema): ListQuery {
  return {
    selection: readSelection(query, schema),
    paging: readPaging(query),
    projection: parseProjection(query, schema),
  };
}

/** Reads `filter`, `sortBy` and `sortOrder` (RFC 7644 sections 3.4.2.2 and 3.4.2.3). */
export function readSelection(query: RawQuery, schema: ResourceSchema): Selection {
  return { condition: readFilter(query, schema), sortBy: readSort(query, schema) };
}

function readFilter(query: RawQuery, schema: ResourceSchema): Condition | undefined {
  const filter = query['filter'];
  if (filter === undefined || filter.trim() === '') return undefined;
  const condition = parseFilter(filter, schema);
  checkAskable(condition);
  assertAffordable(condition);
  return condition;
}

function readSort(query: RawQuery, schema: ResourceSchema): SortBy | undefined {
  const name = query['sortBy'];
  if (name === undefined || name.trim() === '') return undefined;
  const chain = resolveChain(schema, name.trim());
  if (!chain) throw badRequest('invalidPath', `No attribute is called ${quoted(name)}.`);
  const last = withValue(chain.at(-1) ?? chain[0]);
  if (last.returned === 'never') throw badRequest('invalidPath', `It cannot be sorted by ${quoted(name)}.`);
  if (last.type === 'complex') {
    throw badRequest('invalidPath', `Sort by a sub-attribute of "${attributeName(last.path)}".`);
  }
  const descending = query['sortOrder']?.trim().toLowerCase() === 'descending';
  const many = chain.find((attribute) => attribute.multiValued);
  if (!many) return { attribute: attributeRef(last), descending };
  // A multi-valued attribute by its primary element's value (section 3.4.2.3).
  return { attribute: attributeRef(many), inner: inElement(last, many), descending };
}

/** A complex attribute sorts by its `value`, where it has one. */
function withValue(attribute: SchemaAttribute): SchemaAttribute {
  if (attribute.type !== 'complex') return attribute;
  return attribute.subAttributes.find((sub) => sub.name === 'value') ?? attribute;
}

function inElement(attribute: SchemaAttribute, many: SchemaAttribute): AttributeRef {
  return { ...attributeRef(attribute, many.path.length), multiValued: false };
}
