import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import type { TestApp } from '../../support/app.ts';
import {
  newToken,
  newWorkspace,
  type Resource,
  scimClient,
  sharedApp,
  type TestWorkspace,
} from './client.ts';
import { listed, patchOf, refused } from './resources.ts';

const UUID = '01a20085-324e-71be-8929-806e43cdaf92';

describe('SCIM over HTTP: errors', () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  let ann: string;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Resource>(app);
    ann = (await workspace.scim('POST', '/Users', { body: { userName: 'ann' } })).body.id;
  });

  describe('bodies', () => {
    const malformed = [
      '{',
      '{"userName":"a",}',
      'userName=a',
      '{"userName":"a"',
      "{'userName':'a'}",
      '\u0000',
      '',
    ];
    for (const body of malformed) {
      it(`${JSON.stringify(body)} is invalidSyntax on every verb that takes one`, async () => {
        for (const [method, path] of [
          ['POST', '/Users'],
          ['PUT', `/Users/${ann}`],
          ['PATCH', `/Users/${ann}`],
          ['POST', '/Groups'],
          ['POST', '/Users/.search'],
        ] as const) {
          refused(await workspace.scim(method, path, { body }), 400, 'invalidSyntax');
        }
      });
    }

    for (const body of ['null', '[]', '"ann"', '5', 'true', '[{"userName":"a"}]']) {
      it(`${body} is JSON, but no resource`, async () => {
        for (const path of ['/Users', '/Groups']) {
          refused(await workspace.scim('POST', path, { body }), 400, 'invalidSyntax');
        }
        refused(await workspace.scim('PATCH', `/Users/${ann}`, { body }), 400, 'invalidSyntax');
      });
    }

    it('a PATCH without operations, with wrong ones, and with the schema of something else', async () => {
      for (const [body, scimType] of [
        [{}, 'invalidSyntax'],
        [{ Operations: {} }, 'invalidSyntax'],
        [{ Operations: ['x'] }, 'invalidSyntax'],
        [{ Operations: [{ op: 'move', path: 'title' }] }, 'invalidSyntax'],
        [{ schemas: ['urn:x'], Operations: [] }, 'invalidSyntax'],
        [patchOf({ op: 'add', path: 'title' }), 'invalidValue'],
        [patchOf({ op: 'remove' }), 'noTarget'],
        [
          patchOf({ op: 'replace', path: 'emails[type eq "x" or type eq "y"].value', value: 'v' }),
          'noTarget',
        ],
        [patchOf({ op: 'replace', path: 'id', value: 'x' }), 'mutability'],
        [patchOf({ op: 'replace', path: 'meta.version', value: 'x' }), 'mutability'],
        [patchOf({ op: 'replace', path: 'emails[type eq', value: 'x' }), 'invalidFilter'],
        [patchOf({ op: 'replace', path: 'shoeSize', value: 'x' }), 'invalidPath'],
        [patchOf({ op: 'replace', path: '__proto__.x', value: 'x' }), 'invalidPath'],
      ] as const) {
        refused(await workspace.scim('PATCH', `/Users/${ann}`, { body }), 400, scimType);
      }
    });

    it('text that PostgreSQL cannot hold is invalidValue', async () => {
      for (const title of ['a\u0000b', '\ud800']) {
        const raw = `{"userName":"odd","title":${JSON.stringify(title)}}`;
        refused(await workspace.scim('POST', '/Users', { body: raw }), 400, 'invalidValue');
        const patch = patchOf({ op: 'add', path: 'title', value: title });
        refused(await workspace.scim('PATCH', `/Users/${ann}`, { body: patch }), 400, 'invalidValue');
      }
      refused(
        await workspace.scim('POST', '/Groups', { body: { displayName: 'a\u0000' } }),
        400,
        'invalidValue',
      );
    });

    it('values that are too long are invalidValue, and the longest allowed are kept', async () => {
      refused(
        await workspace.scim('POST', '/Users', { body: { userName: 'a'.repeat(256) } }),
        400,
        'invalidValue',
      );
      const body = {
        userName: '\u{1F600}'.repeat(127),
        externalId: '\u4e2d'.repeat(255),
        displayName: '\u4e2d'.repeat(255),
        emails: [{ value: '\u4e2d'.repeat(320) }],
        title: '\u4e2d'.repeat(4096),
        photos: [{ value: 'x'.repeat(65_536) }],
      };
      const created = await workspace.scim('POST', '/Users', { body });
      expect(created.status, JSON.stringify(created.body)).to.equal(201);
      expect(created.body).to.deep.include(body);
      refused(
        await workspace.scim('POST', '/Groups', { body: { displayName: 'a'.repeat(256) } }),
        400,
        'invalidValue',
      );
    });

    it('other media types are 415, on every verb that takes a body; a missing one is taken for JSON', async () => {
      const types = [
        'text/plain',
        'application/xml',
        'application/x-www-form-urlencoded',
        'application/jsonp',
        'json',
      ];
      for (const type of types) {
        const headers = { 'Content-Type': type };
        for (const [method, path] of [
          ['POST', '/Users'],
          ['PUT', `/Users/${ann}`],
          ['PATCH', `/Groups/${UUID}`],
        ] as const) {
          refused(await workspace.scim(method, path, { headers, body: '{"userName":"x"}' }), 415);
        }
      }
      for (const [index, type] of [
        undefined,
        'APPLICATION/JSON',
        'application/scim+json;charset=UTF-8',
      ].entries()) {
        const parts = { headers: { 'Content-Type': type }, body: { userName: `typed ${index}` } };
        expect((await workspace.scim('POST', '/Users', parts)).status).to.equal(201);
      }
    });

    it('what has no body may come with any Content-Type, or with a body that nobody reads', async () => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const { scim } = await newWorkspace<Resource>(app, {});
      const id = (await scim('POST', '/Users', { body: { userName: 'x' } })).body.id;
      expect((await workspace.scim('GET', `/Users/${ann}`, { headers })).status).to.equal(200);
      expect((await workspace.scim('GET', '/Users', { headers, body: 'a=b' })).status).to.equal(200);
      const json = { 'Content-Type': 'application/json' };
      expect((await workspace.scim('GET', '/Users', { headers: json, body: '{' })).status).to.equal(200);
      expect((await scim('DELETE', `/Users/${id}`, { headers, body: '{' })).status).to.equal(204);
    });

    it('a charset other than UTF-8, and an unknown encoding, are 415; gzip is read', async () => {
      const latin = { 'Content-Type': 'application/json; charset=iso-8859-1' };
      refused(await workspace.scim('POST', '/Users', { headers: latin, body: '{}' }), 415);
      const coded = { 'Content-Type': 'application/json', 'Content-Encoding': 'compress' };
      refused(await workspace.scim('POST', '/Users', { headers: coded, body: '{}' }), 415);
      const gzip = { 'Content-Encoding': 'gzip' };
      const body = gzipSync('{"userName":"zipped"}');
      expect((await workspace.scim('POST', '/Users', { headers: gzip, body })).status).to.equal(201);
      refused(await workspace.scim('POST', '/Users', { headers: gzip, body: '{}' }), 400, 'invalidSyntax');
    });

    it('a byte order mark before the JSON does no harm', async () => {
      const { scim } = await newWorkspace<Resource>(app);
      const reply = await scim('POST', '/Users', { body: Buffer.from('\ufeff{"userName":"marked"}') });
      expect(reply.status).to.equal(201);
    });

    it('a body of more than 16 MB is 413, also when it is packed small', async () => {
      const large = Buffer.alloc(17 * 1024 * 1024, ' ');
      refused(await workspace.scim('POST', '/Users', { body: large }), 413);
      const headers = { 'Content-Encoding': 'gzip' };
      refused(await workspace.scim('POST', '/Groups', { body: gzipSync(large), headers }), 413);
    });

    it('a PATCH of more than 1,000 operations is 413', async () => {
      const operations = Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 't' }));
      refused(await workspace.scim('PATCH', `/Users/${ann}`, { body: patchOf(...operations) }), 413);
    });
  });

  describe('paths and ids', () => {
    it('a path that there is not is 404', async () => {
      for (const path of [
        '/',
        '/User',
        '/Users/x/y',
        `/Users/${ann}/emails`,
        '/Groups/x/members',
        '/../..',
        '/%00',
      ]) {
        const reply = await workspace.scim('PUT', path, { body: {} });
        expect(reply.status, path).to.be.oneOf([404, 405]);
      }
      refused(await workspace.scim('GET', '/Nothing'), 404);
      for (const path of [
        '/Users/.search/x',
        '/Groups/.search/%2F',
        '/.search/x',
        '/Bulk/x',
        '/Schemas/x/y',
      ]) {
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
          refused(await workspace.scim(method, path, method === 'GET' ? {} : { body: {} }), 404);
        }
      }
      refused(await workspace.scim('GET', `/Users/${ann}/emails`), 404);
    });

    it('a method that a path does not take is 405 with Allow', async () => {
      for (const [method, path, allowed] of [
        ['PUT', '/Users', 'POST'],
        ['DELETE', '/Groups', 'POST'],
        ['POST', `/Users/${ann}`, 'PATCH'],
        ['GET', '/Users/.search', 'POST'],
        ['POST', '/Schemas', 'GET'],
        ['DELETE', '/ServiceProviderConfig', 'GET'],
      ] as const) {
        const reply = await workspace.scim(method, path, method === 'GET' ? {} : { body: {} });
        refused(reply, 405);
        expect(reply.headers.allow?.split(', '), `${method} ${path}`).to.include(allowed);
      }
    });

    const odd = [
      UUID,
      'x',
      '0',
      ann0(),
      `%7B${UUID}%7D`,
      `${UUID}%00`,
      '%00',
      '%2e%2e%2f',
      '%E2%98%83',
      '%F0%9F%98%80',
      '%E0%A4%A',
      '%',
      '%ff',
      "';drop%20table%20users;--",
      'a'.repeat(10_000),
      '%20',
      ' '.replace(' ', '+'),
      `${UUID}%0d%0aX-Injected:1`,
      '__proto__',
      'constructor',
    ];
    function ann0(): string {
      return '00000000-0000-0000-0000-000000000000';
    }
    for (const id of odd) {
      it(`${id.length > 60 ? `an id of ${id.length} characters` : id} is nobody: 404 on every verb`, async () => {
        for (const type of ['Users', 'Groups']) {
          const put = { userName: 'x', displayName: 'x' };
          const patch = patchOf({ op: 'add', path: 'externalId', value: 'x' });
          for (const [method, body] of [
            ['GET', undefined],
            ['PUT', put],
            ['PATCH', patch],
            ['DELETE', undefined],
          ] as const) {
            const reply = await workspace.scim(method, `/${type}/${id}`, { body });
            refused(reply, 404);
            expect(reply.headers).not.to.have.property('x-injected');
          }
        }
      });
    }

    it('an id in capitals is the same UUID, and is answered in its one spelling', async () => {
      const reply = await workspace.scim('GET', `/Users/${ann.toUpperCase()}`);
      expect(reply.status).to.equal(200);
      expect(reply.body.id).to.equal(ann);
      expect(reply.body.meta.location).to.equal(`${app.url}/scim/v2/Users/${ann}`);
    });

    it("a group's id names no user, nor the other way round", async () => {
      const group = await workspace.scim('POST', '/Groups', { body: { displayName: 'g' } });
      refused(await workspace.scim('GET', `/Users/${group.body.id}`), 404);
      refused(await workspace.scim('GET', `/Groups/${ann}`), 404);
    });

    it('queries of any shape are answered, and never with a 5xx', async () => {
      for (const query of [
        '?',
        '?&&&',
        '?filter',
        '?filter=',
        '?filter=%E0%A4%A',
        '?filter[eq]=x&count[]=1',
        '?count=1&count=2',
        '?__proto__=x&constructor=y',
        '?sortBy=&sortOrder=sideways',
        `?attributes=${'a,'.repeat(3000)}`,
        '?filter=userName%20eq%20%22%00%22',
        '?filter=userName%20eq%20%22%F0%9F%98%80%22',
      ]) {
        const reply = await workspace.scim('GET', `/Users${query}`);
        expect(reply.status, query).to.be.oneOf([200, 400]);
      }
    });

    it('HEAD answers as GET does, without the body; OPTIONS does no harm', async () => {
      const head = await workspace.scim('HEAD', `/Users/${ann}`);
      const get = await workspace.scim('GET', `/Users/${ann}`);
      expect(head.status).to.equal(200);
      for (const name of ['etag', 'content-type', 'content-length']) {
        expect(head.headers[name]).to.equal(get.headers[name]);
      }
      expect((await workspace.scim('OPTIONS', '/Users')).status).to.be.lessThan(500);
    });
  });

  describe('tokens', () => {
    it('none, a wrong one, another scheme, in the query: 401 in SCIM form with WWW-Authenticate', async () => {
      const nobody = scimClient<Resource>(app.url, { token: undefined });
      const replies = [
        await nobody('GET', '/Users'),
        await nobody('POST', '/Users', { body: '{' }),
        await nobody('GET', '/ServiceProviderConfig'),
        await nobody('GET', '/Nothing'),
        await nobody('GET', '/Users', { headers: { Authorization: 'Bearer wrong' } }),
        await nobody('GET', '/Users', { headers: { Authorization: 'Basic YTpi' } }),
        await nobody('GET', '/Users', { headers: { Authorization: 'Bearer' } }),
        await nobody('GET', `/Users?access_token=${workspace.token}`),
        await nobody('POST', '/Users', {
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
          body: `access_token=${workspace.token}`,
        }),
      ];
      for (const reply of replies) {
        refused(reply, 401);
        expect(reply.headers['www-authenticate']).to.match(/^Bearer(?: realm=|$)/);
        expect(JSON.stringify(reply.body)).not.to.include(workspace.token);
      }
    });

    for (const scope of ['admin', 'auditor', 'product', 'operator'] as const) {
      it(`one with the scope ${scope}: 403 in SCIM form`, async () => {
        const scim = scimClient<Resource>(app.url, { token: await newToken(app, workspace.id, scope) });
        refused(await scim('GET', '/Users'), 403);
        refused(await scim('POST', '/Users', { body: { userName: 'x' } }), 403);
        refused(await scim('GET', '/ServiceProviderConfig'), 403);
      });
    }
  });

  // A describe of its own, so that it runs after the others.
  describe('afterwards', () => {
    it('none of all that has left anything behind', async () => {
      const users = listed(await workspace.scim('GET', '/Users', { query: { attributes: 'userName' } }));
      const names = users.map((one) => one.userName).filter((name) => name.length < 20);
      expect(names).to.deep.equal(['ann', 'typed 0', 'typed 1', 'typed 2', 'zipped']);
    });
  });
});
