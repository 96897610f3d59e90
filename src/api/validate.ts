import type { z } from 'zod';
import { type FieldError, RollcallError } from '../lib/errors.ts';

/** The input as its schema reads it. Throws `invalid` with an entry for each field that is wrong. */
export function validate<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const read = schema.safeParse(input, { error: plain });
  if (read.success) return read.data;
  const fields = read.error.issues.flatMap(asFields);
  throw new RollcallError(
    'invalid',
    fields.map(({ field, message }) => `${field} ${message}`).join('; ') + '.',
    {
      fields,
    },
  );
}

// Only what zod itself would say in its own words; a schema's message goes before.
const plain: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') {
    return issue.input === undefined
      ? 'is required'
      : `must be ${ARTICLES[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'unrecognized_keys') return 'is not known here';
  return undefined;
};

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
};

function asFields(issue: z.core.$ZodIssue): FieldError[] {
  const { message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ field: nameOf(issue.path), message }];
  return issue.keys.map((key) => ({ field: nameOf([...issue.path, key]), message }));
}

/** `licenses[0].key`, as a person would write it; the whole body is `body`. */
function nameOf(path: readonly PropertyKey[]): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return name === '' ? 'body' : name.replace(/^\./, '');
}
