/**
 * A condition over the attributes of a resource, free of any wire syntax: an edge parses its own filter language
 * into this, and `where.ts` compiles it to SQL. Attribute names are resolved and in their canonical case.
 */

/** How the values of an attribute compare. `complex` only stands for presence and elements. */
export type ValueType =
  'string' | 'boolean' | 'integer' | 'decimal' | 'dateTime' | 'reference' | 'binary' | 'complex';

/**
 * One attribute. `path` is canonical: `['userName']`, `['name','familyName']`,
 * `['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User','department']`. Inside an `element` condition it is
 * relative to the element: `['value']`, `['type']`. A multi-valued attribute of simple values has elements whose
 * path is `[]`.
 */
export interface AttributeRef {
  readonly path: readonly string[];
  readonly type: ValueType;
  readonly caseExact: boolean;
  readonly multiValued: boolean;
}

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';

/** Already coerced to the attribute's type; a dateTime is an RFC 3339 string; `null` only with `eq` and `ne`. */
export type ComparedValue = string | number | boolean | null;

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** RFC 7643 section 2.5: assigned, that is neither null, nor absent, nor empty. */
  | { readonly kind: 'present'; readonly attribute: AttributeRef }
  | {
      readonly kind: 'compare';
      readonly attribute: AttributeRef;
      readonly operator: Operator;
      readonly value: ComparedValue;
    }
  /** One element of a multi-valued attribute meets the whole of `where`. */
  | { readonly kind: 'element'; readonly attribute: AttributeRef; readonly where: Condition };
