import type { Route } from '../route.ts';
import { exampleBody } from './example.ts';
import { isList, operationIdOf } from './operation-id.ts';
import { parametersOf } from './parameters.ts';
import { problemStatusesOf, responseNameOf } from './problems.ts';
import type { Schemas } from './schemas.ts';
import { resourceOf } from './tags.ts';
import type { Header, JsonSchema, Operation, Response } from './types.ts';

/** The media types of what is streamed, by how the path ends. */
const STREAMS: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  jsonl: 'application/x-ndjson',
  html: 'text/html',
};

/** One route as the document describes it. */
export function operationOf(route: Route, schemas: Schemas): Operation {
  const { summary, description, scopes, body } = route;
  const tokens = `Tokens: ${scopes.map((scope) => `\`${scope}\``).join(', ')}.`;
  const schema = body && schemas.of(body, 'input');
  return {
    operationId: operationIdOf(route),
    tags: [resourceOf(route).title],
    summary,
    description: description === undefined ? tokens : `${description}\n\n${tokens}`,
    security: [{ token: [] }],
    'x-scopes': scopes,
    parameters: parametersOf(route, schemas),
    ...(schema
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema, example: exampleFor(route, schema, schemas) } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(route.statuses.map((status) => [status, successOf(route, status, schemas)])),
      ...(route.tagged ? { 304: { description: 'What you have still holds.' } } : {}),
      ...Object.fromEntries(
        problemStatusesOf(route).map((status) => [
          status,
          { $ref: `#/components/responses/${responseNameOf(status)}` },
        ]),
      ),
    },
  };
}

/** What a path names already is not named again. */
function exampleFor(route: Route, schema: JsonSchema, schemas: Schemas): unknown {
  const { key, name } = resourceOf(route);
  const known = { ...(key === undefined ? {} : { key }), ...(name === undefined ? {} : { name }) };
  const given = route.path.includes('{key}') ? { ...known, key: undefined } : known;
  return exampleBody(schema, schemas.components(), given);
}

function successOf(route: Route, status: number, schemas: Schemas): Response {
  if (route.reply) {
    return {
      description: isList(route) ? 'A page of the list.' : doneOf(route, status),
      ...(route.tagged ? { headers: { ETag: ETAG } } : {}),
      content: { 'application/json': { schema: schemas.of(route.reply, 'output') } },
    };
  }
  const type = STREAMS[route.path.replace(/^.*\./, '')];
  if (type === undefined) return { description: doneOf(route, status) };
  return {
    description: 'The file, written as it is read.',
    headers: { 'Content-Disposition': NAMED },
    content: { [type]: { schema: { type: 'string' } } },
  };
}

function doneOf({ method }: Route, status: number): string {
  if (status === 201) return 'Made.';
  if (status === 204) return 'Done; there is nothing to say.';
  if (method === 'get') return 'What was asked for.';
  return method === 'post' ? 'What came of it.' : 'As it is now.';
}

const ETAG: Header = { description: 'The version of this answer.', schema: { type: 'string' } };

const NAMED: Header = { description: 'A name for the file.', schema: { type: 'string' } };
