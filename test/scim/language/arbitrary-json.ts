import fc from 'fast-check';
import { attributeName } from '../../../src/scim/schema/attribute.ts';
import type { ResourceSchema } from '../../../src/scim/schema/schema.ts';
import { text } from './arbitrary-condition.ts';

/** Keys that reach a prototype when they are taken for names. */
const poison = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__.polluted'];

/** An object with any keys, `__proto__` as an own one among them, as `JSON.parse` would give it. */
export function objectOf(keys: fc.Arbitrary<string>, values: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc
    .array(fc.tuple(keys, values), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries) as object);
}

const simple: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.boolean(),
  fc.constantFrom(
    null,
    'True',
    'false',
    '',
    [],
    {},
    0,
    '2024-02-29',
    '{"value":"r","displayName":"R"}',
    'a\0',
  ),
);

const subName = fc.constantFrom(
  'value',
  'type',
  'primary',
  'display',
  '$ref',
  'familyName',
  'Locality',
  ...poison,
);

/** Values as clients send them, right and wrong. */
export const sent: fc.Arbitrary<unknown> = fc.oneof(
  simple,
  objectOf(subName, simple),
  fc.array(fc.oneof(simple, objectOf(subName, simple)), { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** The names of a schema's attributes in every form, and names that are none. */
export function attributeNames(schema: ResourceSchema): fc.Arbitrary<string> {
  const known = [...schema.index.values()].map((chain) => attributeName((chain.at(-1) ?? chain[0]).path));
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fc.constantFrom(...known).map((name) => name.toUpperCase()) },
    { weight: 2, arbitrary: fc.constantFrom(...poison, 'shoeSize', '') },
  );
}

/** An object of attributes, values of the right kind more often than not. */
export function resourceLike(schema: ResourceSchema): fc.Arbitrary<object> {
  const email = fc.record(
    {
      value: text,
      type: fc.constantFrom('work', 'home', 'Work'),
      primary: fc.constantFrom(true, false, 'True'),
    },
    { requiredKeys: [] },
  );
  const typical = fc.record(
    {
      userName: fc.constantFrom('bob', 'Bob', 'b@x.io'),
      displayName: text,
      active: fc.constantFrom(true, false, 'False'),
      name: fc.record({ familyName: text, givenName: text }, { requiredKeys: [] }),
      emails: fc.array(email, { maxLength: 4 }),
      roles: fc.array(email, { maxLength: 3 }),
      addresses: fc.array(fc.record({ type: text, locality: text }, { requiredKeys: [] }), { maxLength: 3 }),
    },
    { requiredKeys: ['userName'] },
  );
  return fc
    .tuple(typical, objectOf(attributeNames(schema), sent))
    .map(([wanted, more]): object => ({ ...more, ...wanted }));
}
