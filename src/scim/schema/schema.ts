import SCIMMY from 'scimmy';
import type { SchemaAttribute } from './attribute.ts';
import { attribute, attributeName, fromDefinition } from './attribute.ts';
import { commonAttributes } from './common.ts';
import { definitions } from './definitions.ts';

/** From the top of the resource down to one attribute: `[emails, emails.value]`. Never empty. */
export type Chain = readonly [SchemaAttribute, ...SchemaAttribute[]];

/** The attributes of one resource type. */
export interface ResourceSchema {
  readonly name: string;
  /** The URN of the core schema. */
  readonly id: string;
  /** The URNs of the extensions. */
  readonly extensions: readonly string[];
  /** The top level: common attributes, then the core schema's, then each extension as one complex attribute. */
  readonly attributes: readonly SchemaAttribute[];
  /** By lower-case text, in each way a client may write it. A Map, so that `__proto__` names nothing. */
  readonly index: ReadonlyMap<string, Chain>;
  /** The same for what stands inside a complex attribute, by the name it has there. */
  readonly inside: ReadonlyMap<SchemaAttribute, ReadonlyMap<string, Chain>>;
}

type Named = Pick<ResourceSchema, 'id'> & {
  readonly index: Map<string, Chain>;
  readonly inside: Map<SchemaAttribute, Map<string, Chain>>;
};

function enter({ id, index, inside }: Named, chain: Chain): void {
  const last = chain.at(-1) ?? chain[0];
  const name = attributeName(last.path).toLowerCase();
  index.set(name, chain);
  if (!name.startsWith('urn:')) index.set(`${id.toLowerCase()}:${name}`, chain);
  for (const [at, parent] of chain.slice(0, -1).entries()) {
    const relative = chain.slice(at + 1).map((part) => part.name.toLowerCase());
    const names = inside.get(parent) ?? new Map<string, Chain>();
    inside.set(parent, names.set(relative.join('.'), chain));
  }
  for (const sub of last.subAttributes) enter({ id, index, inside }, [...chain, sub]);
}

function resourceSchema(definition: SCIMMY.Types.SchemaDefinition): ResourceSchema {
  const own: SchemaAttribute[] = [];
  const extended: SchemaAttribute[] = [];
  // Its type says attributes only; extensions stand among them.
  const parts: readonly (SCIMMY.Types.Attribute | SCIMMY.Types.SchemaDefinition)[] = definition.attributes;
  for (const part of parts) {
    if (part instanceof SCIMMY.Types.Attribute) {
      if (part.config.shadow !== true) own.push(fromDefinition(part));
      continue;
    }
    const subs = part.attributes.filter((sub) => sub instanceof SCIMMY.Types.Attribute);
    const subAttributes = subs.map((sub) => fromDefinition(sub, [part.id]));
    extended.push(attribute('complex', [part.id], { subAttributes }));
  }
  const attributes = [...commonAttributes, ...own, ...extended];
  const named: Named = { id: definition.id, index: new Map(), inside: new Map() };
  for (const top of attributes) enter(named, [top]);
  return {
    ...named,
    name: definition.name,
    extensions: extended.map((extension) => extension.name),
    attributes,
  };
}

export const userSchema: ResourceSchema = resourceSchema(definitions.user);
export const groupSchema: ResourceSchema = resourceSchema(definitions.group);

/** The attribute that a text names and those it stands in, or undefined. Names have no case (RFC 7643 section 2.1). */
export function resolveChain(schema: ResourceSchema, text: string): Chain | undefined {
  return schema.index.get(text.toLowerCase());
}

/** The attribute that a text names, RFC 7644 section 3.10, or undefined. */
export function resolve(schema: ResourceSchema, text: string): SchemaAttribute | undefined {
  return resolveChain(schema, text)?.at(-1);
}

/** The sub-attribute that a key inside an attribute's value names, at any depth (`manager.value` in an extension). */
export function resolveInside(
  schema: ResourceSchema,
  parent: SchemaAttribute,
  key: string,
): Chain | undefined {
  return schema.inside.get(parent)?.get(key.toLowerCase());
}

/** An attribute that the code itself counts on. */
export function attributeNamed(schema: ResourceSchema, text: string): SchemaAttribute {
  const found = resolve(schema, text);
  if (!found) throw new Error(`The ${schema.name} schema has no "${text}".`);
  return found;
}
