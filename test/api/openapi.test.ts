import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import type {
  Content,
  Method,
  OpenApiDocument,
  Operation,
  Parameter,
  Reference,
  Response,
} from '../../src/api/openapi/types.ts';
import { routes } from '../../src/api/routes/index.ts';
import type { Scope } from '../../src/core/context/caller.ts';
import { html } from '../../src/lib/html.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { CASES, type Made, prepare, tokensOf } from './cases.ts';
import { type Check, checkerOf } from './documented.ts';

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

describe('the description of the API', () => {
  let app: TestApp;
  let document: OpenApiDocument;

  before(async () => {
    app = await startApp();
    const { status, headers, body } = await app.request<OpenApiDocument>('GET', '/api/v1/openapi.json');
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('application/json; charset=utf-8');
    document = body;
  });
  after(() => app.stop());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      (Object.entries(methods) as [Method, Operation][]).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        method,
        operation,
      })),
    );

  /** What a reference leads to. */
  const resolved = <T extends object>(one: T | Reference): T => {
    if (!('$ref' in one)) return one;
    const found = one.$ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
    expect(found, one.$ref).to.be.an('object');
    return found as T;
  };

  it('is valid OpenAPI 3.1', async () => {
    const { openapi } = document;
    expect(openapi).to.match(/^3\.1\.\d+$/);
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect(valid, JSON.stringify(errors)).to.equal(true);
  });

  it('has a schema of JSON Schema 2020-12 wherever it has one', () => {
    const check = checkerOf(document, { closed: false });
    let count = 0;
    for (const { schema } of everySchema()) {
      // Compiling it throws for what is no schema.
      check(schema, null);
      count++;
    }
    expect(count).to.be.above(100);
  });

  function* everySchema(): Generator<Content> {
    for (const schema of Object.values(document.components.schemas)) yield { schema };
    for (const response of Object.values(document.components.responses)) yield* contentsOf(response);
    for (const { operation } of operations()) {
      for (const parameter of operation.parameters) yield { schema: resolved(parameter as Parameter).schema };
      yield* Object.values(operation.requestBody?.content ?? {});
      for (const response of Object.values(operation.responses)) {
        if (!('$ref' in response)) yield* contentsOf(response);
      }
    }
  }

  function* contentsOf({ content = {}, headers = {} }: Response): Generator<Content> {
    yield* Object.values(content);
    yield* Object.values(headers);
  }

  it('refers only to what is in it, and has nothing that is referred to nowhere', () => {
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!));
    for (const $ref of references) resolved({ $ref });
    const { schemas, parameters, responses } = document.components;
    const all = Object.entries({ schemas, parameters, responses }).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `#/components/${kind}/${name}`),
    );
    expect([...references]).to.have.members(all);
  });

  it('has every route and no other, each with a name of its own', () => {
    expect(operations().map(({ name }) => name)).to.have.members(
      routes.map((route) => `${route.method.toUpperCase()} ${route.path}`),
    );
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.match(/^[a-z]+([A-Z0-9][a-z0-9]*)*$/);
  });

  it('says of every operation what it is, who may call it, what it takes and how it may end', () => {
    const tags = document.tags.map((tag) => tag.name);
    for (const { name, path, operation } of operations()) {
      const { summary, parameters, responses, requestBody, security } = operation;
      expect(summary, name).to.match(/^[A-Z][^\n]*[^.\n]$/);
      expect(tags, name).to.include.members([...operation.tags]);
      expect(security, name).to.deep.equal([{ token: [] }]);
      const route = routes.find((one) => `${one.method.toUpperCase()} ${one.path}` === name)!;
      expect(operation['x-scopes'], name).to.deep.equal(route.scopes);
      for (const scope of route.scopes) expect(operation.description, name).to.contain(`\`${scope}\``);

      const described = parameters.map((one) => resolved(one as Parameter));
      for (const one of described) {
        // Said in its schema, or in src/api/openapi/parameters.ts.
        expect(one.description, `${name} does not say what ${one.name} is`).to.match(/\.$/);
        expect(one.schema.description ?? one.description, `${name} ${one.name}`).to.equal(one.description);
      }
      const keys = described.map((one) => `${one.in} ${one.name}`);
      expect(new Set(keys).size, name).to.equal(keys.length);
      const inPath = described.filter((one) => one.in === 'path').map((one) => one.name);
      expect(inPath, name).to.deep.equal([...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one));

      const statuses = Object.keys(responses).map(Number);
      expect(statuses, name).to.include.members([...route.statuses, 401, 403, 429, 500, 503]);
      if (requestBody) expect(statuses, name).to.include.members([400, 413, 415]);
      if (inPath.length > 0) expect(statuses, name).to.include(404);
      for (const [status, response] of Object.entries(responses)) {
        const { description, content = {} } = resolved(response as Response);
        expect(description, `${name} ${status}`).to.match(/\S/);
        if (Number(status) >= 400) expect(Object.keys(content), name).to.deep.equal([PROBLEM_TYPE]);
      }
    }
  });

  it('has examples that fit their schemas', () => {
    const check = checkerOf(document, { closed: true });
    let count = 0;
    for (const { schema, example } of everySchema()) {
      for (const one of [...(example === undefined ? [] : [example]), ...(schema.examples ?? [])]) {
        expect(check(schema, one), JSON.stringify(one)).to.deep.equal([]);
        count++;
      }
    }
    expect(count).to.be.above(20);
    for (const { name, operation } of operations()) {
      const body = operation.requestBody?.content[JSON_TYPE];
      if (body) expect(body.example, name).to.be.an('object');
      for (const one of operation.parameters) {
        const { schema, example } = resolved(one as Parameter);
        if (example !== undefined) expect(check(schema, example), name).to.deep.equal([]);
      }
    }
  });

  describe('calling every operation', () => {
    let made: Made;
    let tokens: ReadonlyMap<Scope, string>;
    let check: Check;

    before(async () => {
      tokens = await tokensOf(app);
      made = await prepare(app);
      check = checkerOf(document, { closed: true });
    });

    /** Fails when an answer is not as the document says. */
    const expectDocumented = (
      name: string,
      operation: Operation,
      { status, headers, body }: { status: number; headers: Headers; body: unknown },
    ) => {
      const found = operation.responses[status];
      expect(found, `${name} answered ${status}: ${JSON.stringify(body)}`).to.be.an('object');
      const { content, headers: named = {} } = resolved(found as Response);
      for (const header of Object.keys(named))
        expect(headers.get(header), `${name} ${header}`).to.be.a('string');
      const [type, expected] = Object.entries(content ?? {})[0] ?? [];
      if (!expected) {
        expect(body, name).to.equal(undefined);
        return;
      }
      expect(headers.get('content-type')?.split(';')[0], name).to.equal(type);
      // A file may be empty.
      expect(check(expected.schema, body ?? ''), `${name} ${status}: ${JSON.stringify(body)}`).to.deep.equal(
        [],
      );
    };

    for (const { method, path } of routes) {
      const name = `${method.toUpperCase()} ${path}`;
      it(`${name} is answered as it says`, async () => {
        const { operation } = operations().find((one) => one.name === name)!;
        const one = CASES[name]!;
        const call = async (token: string | undefined, scope?: Scope) =>
          app.request<unknown>(method.toUpperCase(), `/api/v1${(await one.path?.(made)) ?? path}`, {
            token,
            ...(one.body ? { body: await one.body(made) } : {}),
            headers: scope === 'operator' ? { 'X-Workspace': 'default' } : {},
          });
        for (const scope of operation['x-scopes'] as readonly Scope[]) {
          const reply = await call(tokens.get(scope), scope);
          expectDocumented(name, operation, reply);
          expect(reply.status, JSON.stringify(reply.body)).to.be.within(200, 299);
        }
        expectDocumented(name, operation, await call(undefined));
        expectDocumented(name, operation, await call(tokens.get('scim')));

        const body = operation.requestBody?.content[JSON_TYPE];
        if (body && one.body) expect(check(body.schema, await one.body(made)), name).to.deep.equal([]);
      });
    }

    it('with what is wrong is answered as it says', async () => {
      const nothing = '019a2b9c-0000-7000-8000-000000000000';
      for (const { name, method, path, operation } of operations()) {
        const elsewhere = `/api/v1${path.replaceAll(/\{\w+\}/g, nothing)}`;
        const token = tokens.get((operation['x-scopes'] as readonly Scope[])[0]!);
        const send = (to: string, options: object = {}) =>
          app.request<unknown>(method.toUpperCase(), to, { token, ...options });
        expectDocumented(name, operation, await send(`${elsewhere}?unknown=1&limit=x`));
        expectDocumented(name, operation, await send(elsewhere, { headers: { 'X-Workspace': 'another' } }));
        if (!operation.requestBody) continue;
        const { example } = operation.requestBody.content[JSON_TYPE]!;
        const xml = { body: '<a/>', headers: { 'Content-Type': 'application/xml' } };
        for (const options of [{ body: '{' }, { body: { unknown: 1 } }, { body: example }, xml]) {
          expectDocumented(name, operation, await send(elsewhere, options));
        }
      }
    });
  });

  describe('for people', () => {
    it('is one page with all of it, and nothing from elsewhere', async () => {
      const { status, headers, body } = await app.request<string>('GET', '/docs');
      expect(status).to.equal(200);
      expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
      expect(headers.get('content-security-policy')).to.match(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'$/,
      );
      expect(body).not.to.match(/<script|\son\w+=|style="|<link|<img|@import|url\(/i);
      const ids = [...body.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const [, href] of body.matchAll(/\shref="([^"]+)"/g)) {
        if (href === 'api/v1/openapi.json') continue;
        expect(href).to.match(/^#/);
        expect(ids, href).to.include(href!.slice(1));
      }
      for (const { operation } of operations()) {
        expect(ids).to.include(operation.operationId);
        expect(body).to.contain(asHtml(operation.summary));
      }
      for (const name of Object.keys(document.components.schemas)) expect(ids).to.include(`schema-${name}`);
    });

    it('is kept as long as it is the same', async () => {
      for (const path of ['/docs', '/api/v1/openapi.json']) {
        const first = await app.request('GET', path);
        const etag = first.headers.get('etag')!;
        // Else fetch asks for a fresh answer.
        const headers = { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' };
        const again = await app.request('GET', path, { headers });
        expect([again.status, again.body]).to.deep.equal([304, undefined]);
      }
    });
  });
});

function asHtml(text: string): string {
  return html`${text}`.text;
}
