import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import type { Route } from '../route.ts';
import { isList, operationIdOf } from './operation-id.ts';
import { parametersOf } from './parameters.ts';
import { problemStatusesOf, responseNameOf } from './problems.ts';
import { resourceOf } from './tags.ts';

/** The media types of what is streamed, by how the path ends. */
const STREAMS: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  jsonl: 'application/x-ndjson',
  html: 'text/html',
};

/** One route as the document describes it, with its schemas as they are. */
export function operationOf(route: Route): ZodOpenApiOperationObject {
  const { summary, description, scopes, body } = route;
  const tokens = `Tokens: ${scopes.map((scope) => `\`${scope}\``).join(', ')}.`;
  return {
    operationId: operationIdOf(route),
    tags: [resourceOf(route.path).title],
    summary,
    description: description === undefined ? tokens : `${description}\n\n${tokens}`,
    security: [{ token: [] }],
    'x-scopes': scopes,
    ...parametersOf(route),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      ...Object.fromEntries(route.statuses.map((status) => [status, successOf(route, status)])),
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

function successOf(route: Route, status: number): ZodOpenApiResponseObject {
  if (route.reply) {
    return {
      description: isList(route) ? 'A page of the list.' : doneOf(route, status),
      ...(route.tagged ? { headers: z.object({ ETag: header('The version of this answer.') }) } : {}),
      content: { 'application/json': { schema: route.reply } },
    };
  }
  const type = STREAMS[route.path.replace(/^.*\./, '')];
  if (type === undefined) return { description: doneOf(route, status) };
  return {
    description: 'The file, written as it is read.',
    headers: z.object({ 'Content-Disposition': header('A name for the file.') }),
    content: { [type]: { schema: { type: 'string' } } },
  };
}

function doneOf({ method }: Route, status: number): string {
  if (status === 201) return 'Made.';
  if (status === 204) return 'Done; there is nothing to say.';
  if (method === 'get') return 'What was asked for.';
  return method === 'post' ? 'What came of it.' : 'As it is now.';
}

function header(description: string): z.ZodString {
  return z.string().meta({ header: { description } });
}
