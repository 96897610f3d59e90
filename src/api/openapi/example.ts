import type { JsonSchema } from './types.ts';

type Components = Readonly<Record<string, JsonSchema>>;

/** What a field of that name may look like, where its schema doesn't say. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  key: 'mobile',
  name: 'Mobile',
  organization: 'sales',
  project: 'mobile',
  role: 'tester',
  product: 'testsigma',
  license: 'pro',
  accountRole: 'member',
  user: 'ann@example.com',
  email: 'ann@example.com',
  emails: ['ann@example.com', 'bob@example.com'],
  ids: ['019a2b9c-0000-7000-8000-000000000000'],
  match: 'ts-{project}-{role}',
  signInUrl: 'https://app.example.com',
  seats: 50,
  rank: 20,
};

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: '019a2b9c-0000-7000-8000-000000000000',
  'date-time': '2030-01-31T12:00:00Z',
  date: '2030-01-31',
  email: 'ann@example.com',
  uri: 'https://app.example.com',
};

/** A value of the schema, for people to start from. */
export function exampleOf(schema: JsonSchema, components: Components, name = ''): unknown {
  if (schema.examples) return schema.examples[0];
  if (schema.$ref !== undefined) {
    return exampleOf(components[schema.$ref.replace(/^.*\//, '')] ?? {}, components, name);
  }
  const first = (schema.anyOf ?? schema.oneOf)?.[0];
  if (first && !schema.properties) return BY_NAME[name] ?? exampleOf(first, components, name);
  if (schema.enum) return schema.enum.find((one) => one === BY_NAME[name]) ?? schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  return exampleOfType(schema, components, name);
}

function exampleOfType(schema: JsonSchema, components: Components, name: string): unknown {
  const type = Array.isArray(schema.type) ? (schema.type as string[])[0] : schema.type;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, one]) => [key, exampleOf(one, components, key)]),
      );
    case 'array':
      return BY_NAME[name] ?? [exampleOf(schema.items ?? {}, components, name.replace(/s$/, ''))];
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return BY_NAME[name] ?? schema.default ?? schema.minimum ?? 1;
    default:
      return BY_FORMAT[schema.format ?? ''] ?? BY_NAME[name] ?? 'text';
  }
}
