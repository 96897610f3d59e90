import { html, type Html } from '../../../lib/html.ts';
import type { JsonSchema } from '../types.ts';
import { inline, joined, said } from './text.ts';

/** A field of an object, named by the way to it: `licenses[].key`. */
interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Whether a field has to be sent, or is always answered: what is usual is not said. */
export type Marked = 'required' | 'optional';

/** What a schema says, as tables: one of its fields, or one for each of its alternatives. */
export function schemaOf(schema: JsonSchema, label: string, marked: Marked): Html {
  const alternatives = alternativesOf(schema);
  if (schema.$ref === undefined && alternatives.length > 1 && !schema.properties) {
    const tables = alternatives.map(
      (one, index) => html`
        <p class="either">${index === 0 ? 'Either' : 'or'}</p>
        ${schemaOf(one, label, marked)}
      `,
    );
    return joined(tables);
  }
  const fields = fieldsOf(schema, '');
  if (fields.length === 0) return html`<p>${typeOf(schema)}</p>`;
  return table(
    label,
    ['Field', 'Type', 'Meaning'],
    fields.map((field) => rowOf(field, marked)),
  );
}

/** A table that a narrow window shows as a list. */
export function table(label: string, heads: readonly string[], rows: readonly Html[]): Html {
  return html`<table aria-label="${label}">
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${[...rows]}
    </tbody>
  </table>`;
}

function rowOf({ name, schema, required }: Field, marked: Marked): Html {
  const isMarked = required === (marked === 'required');
  return html`<tr>
    <th scope="row"><code>${name}</code>${isMarked && html` <span class="${marked}">${marked}</span>`}</th>
    <td>${typeOf(schema)}</td>
    <td>${meaningOf(schema, schema.description ?? '')}</td>
  </tr>`;
}

/** What a value means, and what it is held to. */
export function meaningOf(schema: JsonSchema, description: string): Html {
  const limits = limitsOf(schema);
  const parts = [description, limits === '' ? '' : `${limits}.`].filter((part) => part !== '');
  return inline(parts.join(' '));
}

function limitsOf({
  minimum,
  maximum,
  minLength,
  maxLength,
  minItems,
  maxItems,
  ...schema
}: JsonSchema): string {
  const parts: string[] = [];
  const range = (from: unknown, to: unknown, unit: string) => {
    if (from !== undefined && to !== undefined) parts.push(`${said(from)} to ${said(to)}${unit}`);
    else if (from !== undefined) parts.push(`at least ${said(from)}${unit}`);
    else if (to !== undefined) parts.push(`at most ${said(to)}${unit}`);
  };
  range(minimum, maximum, '');
  range(minLength, maxLength, ' characters');
  range(minItems, maxItems, ' items');
  if (schema.default !== undefined) parts.push(`\`${said(schema.default)}\` unless it is given`);
  const text = parts.join('; ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The type of a value in a few words. */
export function typeOf(schema: JsonSchema): Html {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace(/^.*\//, '');
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 1 && !schema.properties) return joined(alternatives.map(typeOf), html` or `);
  if (schema.enum)
    return joined(
      schema.enum.map((one) => html`<code>${said(one)}</code>`),
      html` · `,
    );
  if (schema.const !== undefined) return html`<code>${said(schema.const)}</code>`;
  if (schema.items) return html`list of ${typeOf(schema.items)}`;
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']);
  const format = schema.format === undefined ? '' : ` (${schema.format})`;
  return html`${types.join(' or ')}${format}`;
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? [];
}

/** The fields of an object, and after each those of what it holds, unless that has a name of its own. */
function fieldsOf(schema: JsonSchema, prefix: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]) => {
    const name = `${prefix}${key}`;
    const field = { name, schema: one, required: schema.required?.includes(key) ?? false };
    return [field, ...held(one, name)];
  });
}

function held(schema: JsonSchema, name: string): Field[] {
  if (schema.items) return held(schema.items, `${name}[]`);
  const objects = [schema, ...alternativesOf(schema)].filter((one) => one.properties);
  return objects.flatMap((one) => fieldsOf(one, `${name}.`));
}
