import { expect } from 'chai';
import { etag, expectedVersions, isKnown } from '../../../src/scim/http/entity-tags.ts';
import type { TestApp } from '../../support/app.ts';
import { type Answer, type Scim } from '../bulk/answers.ts';
import { newWorkspace, sharedApp } from '../http/client.ts';
import { patchOf, refused } from '../http/resources.ts';

describe('entity tags as they are read', () => {
  it('If-Match: any, one, several, and what is none', () => {
    const cases: readonly [string | undefined, readonly number[] | undefined][] = [
      [undefined, undefined],
      ['*', undefined],
      [' * ', undefined],
      ['W/"3"', [3]],
      ['"3"', [3]],
      ['W/"3", "4" ,W/"12"', [3, 4, 12]],
      ['', []],
      ['3', []],
      ['W/"3', []],
      ['"a"', [NaN]],
      ['"03"', [NaN]],
      ['"1,2"', [NaN]],
      ['"99999999999999999999"', [NaN]],
      ['W/"x", W/"7"', [NaN, 7]],
    ];
    for (const [header, versions] of cases) expect(expectedVersions(header), header).to.deep.equal(versions);
  });

  it('If-None-Match: weak or not, any of several', () => {
    for (const known of ['*', 'W/"7"', '"7"', '"1", W/"7"'])
      expect(isKnown(known, etag(7)), known).to.equal(true);
    for (const other of [undefined, '', '7', 'W/"8"', '"17"', '"7,8"']) {
      expect(isKnown(other, etag(7)), other).to.equal(false);
    }
  });
});

describe('versions of resources (RFC 7644 section 3.14)', () => {
  let app: TestApp;
  let scim: Scim;
  let path: string;
  let group: string;

  before(async () => {
    app = await sharedApp();
  });
  beforeEach(async () => {
    ({ scim } = await newWorkspace<Answer>(app));
    path = `/Users/${(await scim('POST', '/Users', { body: { userName: 'v@x.io' } })).body.id}`;
    group = `/Groups/${(await scim('POST', '/Groups', { body: { displayName: 'V' } })).body.id}`;
  });

  const changes = (target: string): readonly [string, object | undefined][] => [
    ['PATCH', patchOf({ op: 'add', path: 'externalId', value: 'x' })],
    [
      'PUT',
      target === path ? { userName: 'v@x.io', externalId: 'y' } : { displayName: 'V', externalId: 'y' },
    ],
    ['DELETE', undefined],
  ];

  it('a change of another version than the one named is 412, and nothing is done', async () => {
    for (const target of [path, group]) {
      const before = await scim('GET', target);
      for (const [method, body] of changes(target)) {
        for (const tag of ['W/"2"', '"x"', 'nonsense', '"1x", W/"9"']) {
          refused(await scim(method, target, { body, headers: { 'If-Match': tag } }), 412);
        }
      }
      expect((await scim('GET', target)).body).to.deep.equal(before.body);
    }
  });

  it('of the version named, or any, it is done; the answer carries the new one', async () => {
    for (const target of [path, group]) {
      let tag = (await scim('GET', target)).headers.etag;
      for (const [method, body] of changes(target)) {
        const reply = await scim(method, target, { body, headers: { 'If-Match': `"other", ${tag ?? ''}` } });
        expect(reply.status).to.be.oneOf([200, 204]);
        if (method === 'DELETE') continue;
        expect(reply.headers.etag)
          .to.match(/^W\/"\d+"$/)
          .and.not.equal(tag);
        if (reply.hasBody) expect(reply.body.meta.version).to.equal(reply.headers.etag);
        tag = reply.headers.etag;
      }
      refused(await scim('DELETE', target, { headers: { 'If-Match': '*' } }), 404);
    }
  });

  it('a read of the version that the client has is 304 without a body', async () => {
    for (const target of [path, group]) {
      const { headers } = await scim('GET', target);
      for (const tag of [headers.etag ?? '', '*', `"other", ${headers.etag ?? ''}`]) {
        for (const method of ['GET', 'HEAD']) {
          const reply = await scim(method, target, { headers: { 'If-None-Match': tag } });
          expect(reply.status).to.equal(304);
          expect(reply.headers.etag).to.equal(headers.etag);
        }
      }
      expect((await scim('GET', target, { headers: { 'If-None-Match': 'W/"77"' } })).status).to.equal(200);
      expect((await scim('GET', `${target}x`, { headers: { 'If-None-Match': '*' } })).status).to.equal(404);
    }
  });

  it('lists have no version', async () => {
    const { status, headers } = await scim('GET', '/Users', { headers: { 'If-None-Match': '*' } });
    expect(status).to.equal(200);
    expect(headers).not.to.have.property('etag');
  });
});
