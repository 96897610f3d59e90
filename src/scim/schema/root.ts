import type { SchemaAttribute } from './attribute.ts';
import { type Chain, groupSchema, type ResourceSchema, userSchema } from './schema.ts';

/**
 * The schema of a type for a query across types: it knows the names of the other's attributes too, as ones that no
 * resource of its own has a value for (RFC 7644 section 3.4.2.1). They stand in the other schema's namespace, so that
 * none is taken for one of its own.
 */
function mixed(own: ResourceSchema, other: ResourceSchema): ResourceSchema {
  const foreign = new Map<SchemaAttribute, SchemaAttribute>();
  const asForeign = (attribute: SchemaAttribute): SchemaAttribute => {
    const known = foreign.get(attribute);
    if (known) return known;
    const path = attribute.path[0]?.includes(':') ? attribute.path : [other.id, ...attribute.path];
    const subAttributes = attribute.subAttributes.map(asForeign);
    const made: SchemaAttribute = { ...attribute, path, subAttributes };
    foreign.set(attribute, made);
    return made;
  };
  const asForeignChain = ([first, ...rest]: Chain): Chain => [asForeign(first), ...rest.map(asForeign)];

  const index = new Map(own.index);
  for (const [name, chain] of other.index) {
    if (!index.has(name)) index.set(name, asForeignChain(chain));
  }
  const inside = new Map(own.inside);
  for (const [parent, names] of other.inside) {
    const chains = [...names].map(([name, chain]): [string, Chain] => [name, asForeignChain(chain)]);
    inside.set(asForeign(parent), new Map(chains));
  }
  return { ...own, index, inside };
}

export const mixedUserSchema: ResourceSchema = mixed(userSchema, groupSchema);
export const mixedGroupSchema: ResourceSchema = mixed(groupSchema, userSchema);
