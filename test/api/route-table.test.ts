import { expect } from 'chai';
import express from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createSchema } from 'zod-openapi';
import { answer, streamed } from '../../src/api/answer.ts';
import { problems } from '../../src/api/errors.ts';
import { mount } from '../../src/api/mount.ts';
import { route } from '../../src/api/route.ts';
import { routes } from '../../src/api/routes/index.ts';
import { createStreams, streamLimits } from '../../src/api/streams.ts';
import { createGuard } from '../../src/http/guard.ts';
import { requestId } from '../../src/http/request-id.ts';
import { RollcallError } from '../../src/lib/errors.ts';
import { requestsTo, type Send, startApp, type TestApp } from '../support/app.ts';

describe('route table', () => {
  it('can be described: every schema is a JSON Schema', () => {
    const converted = (zodSchema: z.ZodType, io: 'input' | 'output'): object | undefined => {
      const { schema, components } = createSchema(zodSchema, { io });
      const { $ref } = schema as { $ref?: string };
      return $ref === undefined ? (schema as object) : (components[$ref.replace(/^.*\//, '')] as object);
    };
    for (const { params, query, body, reply, path } of routes) {
      for (const schema of [params, query, body]) {
        if (schema) expect(converted(schema, 'input'), path).to.have.property('type', 'object');
      }
      if (reply) expect(converted(reply, 'output'), path).to.have.property('type', 'object');
    }
  });

  it('has one route for each method and path, with a schema for each parameter', () => {
    const names = routes.map((one) => `${one.method} ${one.path}`);
    expect(new Set(names).size).to.equal(names.length);
    for (const { path, params } of routes) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const described = params ? Object.keys((params as z.ZodObject).shape) : [];
      expect(described, path).to.deep.equal(named);
    }
  });

  describe('what a handler answers', () => {
    let app: TestApp;
    let send: Send;
    let url: string;
    let close: () => void;

    const all = ['admin'] as const;
    const table = [
      route({
        method: 'get',
        path: '/stream',
        summary: 'Streamed',
        scopes: all,
        statuses: [200],
        handler: () => Promise.resolve(streamed('text/csv; charset=utf-8', rows(3), { 'X-Kind': 'csv' })),
      }),
      route({
        method: 'get',
        path: '/broken-stream',
        summary: 'Broken half-way',
        scopes: all,
        statuses: [200],
        handler: () => Promise.resolve(streamed('text/csv', rows(3, true))),
      }),
      route({
        method: 'get',
        path: '/never-begun',
        summary: 'Broken before its first row',
        scopes: all,
        statuses: [200],
        handler: () => Promise.resolve(streamed('text/csv', rows(0, true))),
      }),
      route({
        method: 'get',
        path: '/endless',
        summary: 'Goes on until the client hangs up',
        scopes: all,
        statuses: [200],
        handler: () => Promise.resolve(streamed('text/csv', endless())),
      }),
      route({
        method: 'get',
        path: '/tagged',
        summary: 'With a header',
        scopes: all,
        reply: z.object({ a: z.int() }),
        statuses: [200],
        handler: () => Promise.resolve(answer({ a: 1 }, { headers: { ETag: '"1"' } })),
      }),
      route({
        method: 'get',
        path: '/undeclared',
        summary: 'With a status that the table does not know',
        scopes: all,
        reply: z.object({}),
        statuses: [200],
        handler: () => Promise.resolve(answer({}, { status: 202 })),
      }),
      route({
        method: 'get',
        path: '/lies',
        summary: 'Not as its schema says',
        scopes: all,
        reply: z.object({ a: z.string().regex(/^b$/) }),
        statuses: [200],
        handler: () => Promise.resolve({ a: 'c' }),
      }),
    ];

    async function* rows(count: number, breaks = false) {
      for (let index = 0; index < count; index++) {
        yield `row ${index}\n`;
        await Promise.resolve();
      }
      if (breaks) throw new RollcallError('busy', 'The database went away.', { retryAfter: 5 });
    }

    let ended = false;
    async function* endless() {
      try {
        for (;;) {
          yield 'row\n'.repeat(1000);
          await sleep(1);
        }
      } finally {
        ended = true;
      }
    }

    before(async () => {
      app = await startApp();
      const { core } = app;
      const server = createServer(
        express().use(
          requestId,
          createGuard(core, 0),
          mount(table, { core, base: '', checkReplies: true, streams: createStreams(streamLimits(10)) }),
          problems,
        ),
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      send = requestsTo(url);
      close = () => server.close();
    });
    after(async () => {
      close();
      await app.stop();
    });

    const get = (path: string) =>
      send<string | Record<string, unknown>>('GET', path, { token: app.tokens.admin });

    it('is streamed with its own type', async () => {
      const { status, headers, body } = await get('/stream');
      expect([status, body]).to.deep.equal([200, 'row 0\nrow 1\nrow 2\n']);
      expect(headers.get('content-type')).to.equal('text/csv; charset=utf-8');
      expect(headers.get('x-kind')).to.equal('csv');
    });

    it('is cut off when it breaks, so that half is not taken for all', async () => {
      const failed = await get('/broken-stream').then(
        () => false,
        () => true,
      );
      expect(failed).to.equal(true);
    });

    it('is an error of its own when it breaks before its first row', async () => {
      const { status, headers } = await get('/never-begun');
      expect([status, headers.get('retry-after')]).to.deep.equal([503, '5']);
      expect(headers.get('content-type')).to.match(/^application\/problem\+json/);
    });

    it('ends when the client hangs up', async () => {
      const response = await fetch(`${url}/endless`, {
        headers: { Authorization: `Bearer ${app.tokens.admin}` },
      });
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      for (let waited = 0; !ended && waited < 2000; waited += 20) await sleep(20);
      expect(ended).to.equal(true);
    });

    it('carries headers', async () => {
      const { headers, body } = await get('/tagged');
      expect([headers.get('etag'), body]).to.deep.equal(['"1"', { a: 1 }]);
    });

    it('is checked against the table in tests', async () => {
      expect((await get('/undeclared')).status).to.equal(500);
      const lie = await get('/lies');
      expect(lie.status).to.equal(500);
      expect(lie.body).to.include({ type: 'urn:rollcall:problem:unexpected' });
      expect(JSON.stringify(lie.body)).not.to.contain('regex');
    });
  });
});
