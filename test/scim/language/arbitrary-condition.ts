import fc from 'fast-check';
import type { AttributeRef, ComparedValue, Condition, Operator } from '../../../src/core/shared/condition.ts';
import type { SchemaAttribute } from '../../../src/scim/schema/attribute.ts';
import { attributeName, attributeRef } from '../../../src/scim/schema/attribute.ts';
import type { ResourceSchema } from '../../../src/scim/schema/schema.ts';
import { preparedAddress, preparedName } from '../../support/prepared-name.ts';

/** Text that PostgreSQL can keep: no NUL, no unpaired surrogate; with what filters trip over. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replaceAll('\0', '')),
  fc.constantFrom(
    '',
    'a',
    'A',
    'bob',
    'work',
    'a@x.io',
    '"',
    '\\',
    ')',
    '] and (',
    '%',
    '_',
    'null',
    'true',
    'É',
    'é',
  ),
);

const dateTime = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const OPERATORS: readonly Operator[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];

/** A condition as the parser would give it, about any attribute of the schema that a filter may name. */
export function arbitraryCondition(schema: ResourceSchema): fc.Arbitrary<Condition> {
  const filterable = schema.attributes.filter(({ returned }) => returned !== 'never');
  const all = filterable.flatMap((top) => [top, ...top.subAttributes, ...below(top)]);
  const many = all.filter(({ multiValued }) => multiValued);
  const inMany = new Set(many.flatMap((attribute) => attribute.subAttributes));
  const plain = all.filter((attribute) => !attribute.multiValued && !inMany.has(attribute));
  const elements = many.map((attribute) => element(attribute));
  return combined(
    fc.oneof(
      leaf(plain, 0),
      ...elements,
      fc.constantFrom(...many).map((one) => presence(one, 0)),
    ),
  );
}

/** A condition on one element of a multi-valued complex attribute. */
export function arbitraryElementCondition(attribute: SchemaAttribute): fc.Arbitrary<Condition> {
  return combined(leaf(attribute.subAttributes, attribute.path.length));
}

function below(top: SchemaAttribute): SchemaAttribute[] {
  return top.subAttributes.flatMap((sub) => sub.subAttributes);
}

function element(attribute: SchemaAttribute): fc.Arbitrary<Condition> {
  const isSimple = attribute.subAttributes.length === 0;
  const inner = isSimple
    ? leaf([{ ...attribute, multiValued: false }], attribute.path.length)
    : arbitraryElementCondition(attribute);
  return inner.map((where) => ({ kind: 'element', attribute: attributeRef(attribute), where }));
}

function leaf(attributes: readonly SchemaAttribute[], from: number): fc.Arbitrary<Condition> {
  return fc
    .constantFrom(...attributes)
    .chain((attribute) => fc.oneof(fc.constant(presence(attribute, from)), comparison(attribute, from)));
}

function presence(attribute: SchemaAttribute, from: number): Condition {
  return { kind: 'present', attribute: attributeRef(attribute, from) };
}

function comparison(attribute: SchemaAttribute, from: number): fc.Arbitrary<Condition> {
  const ref = attributeRef(attribute, from);
  if (ref.type === 'complex') return fc.constant({ kind: 'present', attribute: ref });
  return fc
    .record({ operator: fc.constantFrom(...operatorsOf(ref)), value: valueOf(ref) })
    .map(({ operator, value }) => ({ kind: 'compare', attribute: ref, operator, value }));
}

function operatorsOf({ type }: AttributeRef): readonly Operator[] {
  if (type === 'boolean') return ['eq', 'ne'];
  if (type === 'binary') return ['eq', 'ne', 'co', 'sw', 'ew'];
  if (type === 'dateTime') return OPERATORS.filter((operator) => !['co', 'sw', 'ew'].includes(operator));
  return OPERATORS;
}

function valueOf({ path, type }: AttributeRef): fc.Arbitrary<ComparedValue> {
  if (type === 'boolean') return fc.boolean();
  if (path.join('.') === 'userName') return text.map(preparedName);
  // The parser prepares what addresses are compared with.
  if (path.at(-1) === 'value') return text.map(preparedAddress);
  return type === 'dateTime' ? dateTime : text;
}

function combined(leaves: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  const { tree } = fc.letrec<{ tree: Condition }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaves,
      tie('tree').map((of): Condition => ({ kind: 'not', of })),
      fc
        .record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          of: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
        })
        .map((both): Condition => both),
    ),
  }));
  return tree;
}

/** A condition as filter text, RFC 7644 section 3.4.2.2, `cased` being how names and operators are written. */
export function filterText(condition: Condition, cased: (word: string) => string = (word) => word): string {
  const inner = (part: Condition): string => filterText(part, cased);
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const { kind, of } = condition;
      const isNested = (part: Condition): boolean =>
        part.kind === 'or' || (part.kind === 'and' && kind === 'and');
      return of.map((part) => (isNested(part) ? `(${inner(part)})` : inner(part))).join(` ${cased(kind)} `);
    }
    case 'not':
      return `${cased('not')} (${inner(condition.of)})`;
    case 'present':
      return `${cased(nameOf(condition.attribute))} ${cased('pr')}`;
    case 'compare':
      return `${cased(nameOf(condition.attribute))} ${cased(condition.operator)} ${JSON.stringify(condition.value)}`;
    case 'element':
      return `${cased(nameOf(condition.attribute))}[${inner(condition.where)}]`;
  }
}

function nameOf({ path }: AttributeRef): string {
  return path.length === 0 ? 'value' : attributeName(path);
}
