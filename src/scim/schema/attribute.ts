import type SCIMMY from 'scimmy';
import type { AttributeRef, ValueType } from '../../core/shared/condition.ts';

export type Mutability = 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
export type Returned = 'always' | 'never' | 'default' | 'request';
export type Uniqueness = 'none' | 'server' | 'global';

/** One attribute with its characteristics, RFC 7643 section 7. */
export interface SchemaAttribute {
  readonly name: string;
  /** Canonical; that of an extension's attribute begins with the extension's URN. */
  readonly path: readonly string[];
  readonly type: ValueType;
  readonly multiValued: boolean;
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly required: boolean;
  readonly uniqueness: Uniqueness;
  readonly subAttributes: readonly SchemaAttribute[];
}

/** An attribute with RFC 7643 section 2.2's defaults for whatever is not said. */
export function attribute(
  type: ValueType,
  path: readonly string[],
  characteristics: Partial<Omit<SchemaAttribute, 'name' | 'path' | 'type'>> = {},
): SchemaAttribute {
  return {
    name: path.at(-1) ?? '',
    path,
    type,
    multiValued: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    required: false,
    uniqueness: 'none',
    subAttributes: [],
    ...characteristics,
  };
}

/** One of scimmy's attributes in our form. */
export function fromDefinition(
  source: SCIMMY.Types.Attribute,
  parent: readonly string[] = [],
): SchemaAttribute {
  const described = source.toJSON();
  const path = [...parent, source.name];
  return attribute(source.type, path, {
    multiValued: described.multiValued,
    caseExact: described.caseExact ?? false,
    mutability: described.mutability as Mutability,
    returned: described.returned as Returned,
    required: described.required,
    uniqueness: (described.uniqueness ?? 'none') as Uniqueness,
    subAttributes: (source.subAttributes ?? []).map((sub) => fromDefinition(sub, path)),
  });
}

/** The text of an attribute's path, RFC 7644 section 3.10: `emails.value`, `urn:…:User:manager.value`. */
export function attributeName(path: readonly string[]): string {
  const [first = '', ...rest] = path;
  if (!first.startsWith('urn:')) return path.join('.');
  return rest.length === 0 ? first : `${first}:${rest.join('.')}`;
}

/** The attribute as a condition names it; `from` cuts the path so that it is relative to an element. */
export function attributeRef(source: SchemaAttribute, from = 0): AttributeRef {
  return {
    path: source.path.slice(from),
    type: source.type,
    caseExact: source.caseExact,
    multiValued: source.multiValued,
  };
}
