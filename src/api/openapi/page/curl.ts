import { exampleOf } from '../example.ts';
import type { Method, OpenApiDocument, Operation, Parameter, Reference } from '../types.ts';
import { said } from './text.ts';

/** A call of an operation as a command line, to be tried. */
export function curlOf(
  document: OpenApiDocument,
  method: Method,
  path: string,
  operation: Operation,
): string {
  const parameters = operation.parameters.filter((one): one is Parameter => !isReference(one));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return encodeURIComponent(said(parameter?.example ?? name));
  });
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map((one) => `${one.name}=${encodeURIComponent(exampleText(document, one))}`)
    .join('&');
  const url = `${document.servers[0]?.url ?? ''}${filled}${query === '' ? '' : `?${query}`}`;
  const file = /\.(csv|jsonl)$/.exec(path) ? [`-o ${path.replace(/^.*\//, '')}`] : [];
  const body: unknown = operation.requestBody?.content['application/json']?.example;
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${quoted(url)}`,
    '-H "Authorization: Bearer $TOKEN"',
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body, null, 2))}`]),
    ...file,
  ];
  return lines.join(' \\\n  ');
}

/** Whether something stands elsewhere in the document. */
export function isReference(one: object): one is Reference {
  return '$ref' in one;
}

function exampleText({ components }: OpenApiDocument, { schema, name }: Parameter): string {
  return said(exampleOf(schema, components.schemas, name));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
