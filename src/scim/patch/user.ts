import type { Draft } from '../input/draft.ts';
import { assign, elementsOf, write, writeSimple } from '../input/draft.ts';
import { element } from '../input/elements.ts';
import type { JsonObject } from '../input/json.ts';
import { isArray, isUnassigned } from '../input/json.ts';
import type { UserDocument } from '../input/user.ts';
import { readUser, userObject } from '../input/user.ts';
import type { SchemaAttribute } from '../schema/attribute.ts';
import { attributeName } from '../schema/attribute.ts';
import { userSchema } from '../schema/schema.ts';
import { effortOf, newEffort } from './cost.ts';
import { editElements } from './elements.ts';
import { readOperations } from './operations.ts';
import type { Target } from './targets.ts';
import { notMutable, targets } from './targets.ts';

/** A body of 1 MiB can hold 30,000 operations; each costs as much as the attribute it is about is long. */
const MAX_OPERATIONS = 1000;

/**
 * The user after a PATCH, RFC 7644 section 3.5.2, in every dialect that identity providers speak. Nothing is changed
 * in place, so a request that is refused has done nothing; and the result is read as a PUT of it would be, so that a
 * PATCH cannot leave what a PUT would refuse. An `active` that is taken away or set to null stays as it was.
 */
export function patchUser(current: UserDocument, body: unknown): UserDocument {
  const draft: Draft = new Map(Object.entries(userObject(current)));
  const spend = newEffort();
  for (const operation of readOperations(body, MAX_OPERATIONS)) {
    for (const target of targets(userSchema, operation, spend)) {
      spend(effortOf(draft, target));
      edit(draft, target);
    }
  }
  if (!draft.has('active') && current.active !== undefined) draft.set('active', current.active);
  return readUser(Object.fromEntries(draft));
}

function edit(draft: Draft, { chain, where, op, value }: Target): void {
  const attribute = chain.at(-1) ?? chain[0];
  const many = chain.find((part) => part.multiValued);
  if (many && (where || many !== attribute)) {
    const sub = many === attribute ? undefined : attribute;
    editElements(draft, userSchema, { attribute: many, where, sub }, { op, value });
  } else if (op === 'remove') {
    remove(draft, attribute, value);
  } else {
    assign(draft, userSchema, attribute, value, op);
  }
}

function remove(draft: Draft, attribute: SchemaAttribute, value: unknown): void {
  if (attribute.required) throw notMutable(`"${attributeName(attribute.path)}" is required.`);
  if (attribute.multiValued && (isArray(value) || !isUnassigned(value))) {
    removeListed(draft, attribute, isArray(value) ? value : [value]);
  } else if (attribute.type === 'complex') {
    write(draft, attribute.path, undefined);
  } else {
    writeSimple(draft, attribute, undefined);
  }
}

/**
 * Removes the elements in a list and no others, as Entra ID and JumpCloud mean it. The RFC knows no value here: to a
 * strict reading all elements would go (simpleidserver/SimpleIdServer#244).
 */
function removeListed(draft: Draft, attribute: SchemaAttribute, list: readonly unknown[]): void {
  const listed = list
    .map((item) => element(userSchema, attribute, item))
    .filter((given) => given !== undefined);
  const rest = elementsOf(draft, attribute).filter((one) => !listed.some((given) => isMeant(given, one)));
  write(draft, attribute.path, rest);
}

/** An element is meant by its `value`, and its `type` if that is given; without a `value`, by all that is given. */
function isMeant(given: JsonObject, one: JsonObject): boolean {
  const names = given['value'] === undefined ? Object.keys(given) : ['value', 'type'];
  return names.every((name) => given[name] === undefined || given[name] === one[name]);
}
