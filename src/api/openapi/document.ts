import { createDocument, type ZodOpenApiPathItemObject } from 'zod-openapi';
import type { Route } from '../route.ts';
import { ABOUT } from './about.ts';
import { addExamples } from './example.ts';
import { operationOf } from './operation.ts';
import { problemResponses } from './problems.ts';
import { allowMoreFields, finishSchemas } from './schemas.ts';
import { resourcesOf } from './tags.ts';
import type { OpenApiDocument } from './types.ts';

/** The OpenAPI 3.1 document of routes that are mounted at `server`. Schemas with an `id` become its components. */
export function openApiDocument(routes: readonly Route[], server: string): OpenApiDocument {
  const paths: Record<string, ZodOpenApiPathItemObject> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operationOf(route);
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Rollcall API',
        version: '1',
        description: [
          'People, groups, what they may use and through what. Identity providers provision over SCIM 2.0, which ' +
            'describes itself under `/scim/v2/Schemas`; this is the API for everything else.',
          ...ABOUT.map(({ title, paragraphs }) => [`## ${title}`, ...paragraphs].join('\n\n')),
        ].join('\n\n'),
      },
      servers: [{ url: server, description: 'This server' }],
      tags: resourcesOf(Object.keys(paths)).map(({ title: name, description }) => ({ name, description })),
      paths,
      components: {
        responses: problemResponses(routes),
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token of the workspace, or an operator’s.',
          },
        },
      },
    },
    { override: allowMoreFields },
  );
  // The library's type allows for all of OpenAPI; ours is the part that this API uses.
  return addExamples(finishSchemas(document as unknown as OpenApiDocument));
}
