import type { Route } from '../route.ts';
import { ABOUT } from './about.ts';
import { operationOf } from './operation.ts';
import { SHARED_PARAMETERS } from './parameters.ts';
import { problemResponses } from './problems.ts';
import { createSchemas } from './schemas.ts';
import { sharedSchemas } from './shared.ts';
import { resourcesOf } from './tags.ts';
import type { Method, OpenApiDocument, Operation } from './types.ts';

/** The OpenAPI 3.1 document of routes that are mounted at `server`. */
export function openApiDocument(routes: readonly Route[], server: string): OpenApiDocument {
  const schemas = createSchemas(sharedSchemas(routes));
  const paths: Record<string, Partial<Record<Method, Operation>>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = operationOf(route, schemas);
  }
  const responses = problemResponses(routes, schemas);
  return {
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
    tags: resourcesOf(routes).map(({ title: name, description }) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.components(),
      parameters: SHARED_PARAMETERS,
      responses,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of the workspace, or an operator’s.' },
      },
    },
  };
}
