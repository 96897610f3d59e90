import { resourceOf } from './tags.ts';
import type { JsonSchema, OpenApiDocument, Operation } from './types.ts';

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
  licenses: [{ key: 'pro', name: 'Pro', seats: 50, overflow: 'refuse' }],
  rank: 20,
};

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: '019a2b9c-0000-7000-8000-000000000000',
  'date-time': '2030-01-31T12:00:00Z',
  date: '2030-01-31',
  email: 'ann@example.com',
  uri: 'https://app.example.com',
};

/** The document with an example of each body that can be sent, for people to start from. */
export function addExamples(document: OpenApiDocument): OpenApiDocument {
  const { schemas } = document.components;
  const withExample = (path: string, operation: Operation): Operation => {
    const body = operation.requestBody?.content[JSON_TYPE];
    if (!body) return operation;
    const content = { [JSON_TYPE]: { ...body, example: exampleBody(path, body.schema, schemas) } };
    return { ...operation, requestBody: { required: true, content } };
  };
  const paths = Object.entries(document.paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [method, withExample(path, operation)]),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(paths) as OpenApiDocument['paths'] };
}

const JSON_TYPE = 'application/json';

/** An example of a body. Its key and name are the resource's; what the path names already is not named again. */
function exampleBody(path: string, schema: JsonSchema, components: Components): unknown {
  const example = exampleOf(schema, components);
  if (schema.examples || typeof example !== 'object' || example === null) return example;
  const { key, name } = resourceOf(path);
  const fields = Object.entries(example).map(([field, value]: [string, unknown]) => {
    if (field === 'key') return [field, path.includes('{key}') ? undefined : (key ?? value)];
    return [field, field === 'name' ? (name ?? value) : value];
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** A value of the schema. */
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
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
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
