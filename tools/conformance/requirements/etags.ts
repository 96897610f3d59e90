import { check, expectError, expectStatus, same, skip } from '../check.ts';
import type { Reply } from '../exchange.ts';
import type { Made, Requirement, Tester } from '../requirement.ts';
import { patchBody } from '../tester.ts';
import { at, shown } from '../values.ts';

const HEADER =
  "When supported, SCIM ETags MUST be specified as an HTTP header and SHOULD be specified within the 'version' attribute contained in the resource's 'meta' attribute.";
const MATCH =
  'the client MAY supply an If-Match header for PUT and PATCH operations to ensure that the requested operation succeeds only if the supplied ETag matches the latest service provider resource.';

function etagOf(reply: Reply): string {
  const etag = reply.headers.get('etag') ?? '';
  // RFC 9110 section 8.8.3.
  check(/^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag), `ETag is ${shown(etag)}`, reply);
  return etag;
}

/** A user, and an ETag that was theirs before a change. */
async function changed(
  t: Tester,
): Promise<{ readonly user: Made; readonly stale: string; readonly current: string }> {
  const user = await t.user();
  const stale = etagOf(await t.get(user.path));
  expectStatus(await t.put(user.path, t.userBody()), 200);
  return { user, stale, current: etagOf(await t.get(user.path)) };
}

// 412, or the 409 of RFC 7644 table 8: "The specified version number does not match the resource's latest version".
const MISMATCH = [412, 409];

const requirements: readonly Requirement[] = [
  {
    id: '7644-3.14-01',
    level: 'MUST',
    title: 'A GET has an ETag',
    paragraph: HEADER,
    test: async (t) => {
      etagOf(await t.get((await t.user()).path));
    },
  },
  {
    id: '7644-3.14-02',
    level: 'MUST',
    title: 'POST and PUT have an ETag',
    paragraph: 'The server responds with an ETag in the response header and meta structure.',
    test: async (t) => {
      const user = await t.user();
      etagOf(user.reply);
      etagOf(await t.put(user.path, t.userBody()));
    },
  },
  {
    id: '7644-3.14-03',
    level: 'SHOULD',
    title: 'meta.version is the ETag',
    paragraph: `${HEADER} (RFC 7643 section 3.1: This value must be the same as the entity-tag (ETag) HTTP response header)`,
    test: async (t) => {
      const user = await t.user();
      for (const reply of [user.reply, await t.get(user.path), await t.put(user.path, t.userBody())]) {
        same(at(reply.body, 'meta', 'version'), etagOf(reply), '"meta.version"', reply);
      }
    },
  },
  {
    id: '7644-3.14-04',
    level: 'SHOULD',
    title: 'What is listed has the version that a GET has',
    paragraph: HEADER,
    needs: ['filter'],
    test: async (t) => {
      const user = await t.user();
      const filter = `userName eq "${String(at(user.body, 'userName'))}"`;
      const version = at(await t.read(user), 'meta', 'version') ?? skip('a GET shows no "meta.version"');
      const reply = await t.get(t.server.users, { filter });
      same(at(reply.body, 'Resources', 0, 'meta', 'version'), version, '"meta.version"', reply);
    },
  },
  {
    id: '7644-3.14-05',
    level: 'MUST',
    title: 'The ETag stays while nothing changes',
    paragraph: 'The SCIM protocol supports resource versioning via standard HTTP ETags.',
    test: async (t) => {
      const user = await t.user();
      same(etagOf(await t.get(user.path)), etagOf(await t.get(user.path)), 'the ETag of a second GET');
    },
  },
  {
    id: '7644-3.14-06',
    level: 'MUST',
    title: 'The ETag differs after a change',
    paragraph: 'The SCIM protocol supports resource versioning via standard HTTP ETags.',
    test: async (t) => {
      const { stale, current } = await changed(t);
      check(stale !== current, `it is ${current} before and after`);
    },
  },
  {
    id: '7644-3.14-07',
    level: 'MUST',
    title: 'If-None-Match with the current ETag is 304 without a body',
    paragraph:
      'If the resource has not changed, the service provider simply returns an empty body with a 304 (Not Modified) response code.',
    test: async (t) => {
      const { user, current } = await changed(t);
      const reply = await t.send('GET', user.path, { headers: { 'If-None-Match': current } });
      same(expectStatus(reply, 304).text, '', 'the body', reply);
    },
  },
  {
    id: '7644-3.14-08',
    level: 'MUST',
    title: 'If-None-Match with an old ETag is 200',
    paragraph:
      'With the returned ETag, clients MAY choose to retrieve the resource only if the resource has been modified.',
    test: async (t) => {
      const { user, stale } = await changed(t);
      expectStatus(await t.send('GET', user.path, { headers: { 'If-None-Match': stale } }), 200);
    },
  },
  {
    id: '7644-3.14-09',
    level: 'MUST',
    title: 'If-None-Match takes a list',
    paragraph:
      'An example of conditional retrieval, using the If-None-Match header. (RFC 9110 section 13.1.2)',
    test: async (t) => {
      const { user, current } = await changed(t);
      const headers = { 'If-None-Match': `"no-such-version", ${current}` };
      expectStatus(await t.send('GET', user.path, { headers }), 304);
    },
  },
  {
    id: '7644-3.14-10',
    level: 'MUST',
    title: 'A PUT with an old If-Match is refused, and changes nothing',
    paragraph: MATCH,
    test: async (t) => {
      const { user, stale } = await changed(t);
      const before = await t.read(user);
      expectError(
        await t.send('PUT', user.path, { body: t.userBody(), headers: { 'If-Match': stale } }),
        MISMATCH,
      );
      same(await t.read(user), before, 'the User afterwards');
    },
  },
  {
    id: '7644-3.14-11',
    level: 'MUST',
    title: 'A PUT with the current If-Match succeeds',
    paragraph: MATCH,
    test: async (t) => {
      const { user, current } = await changed(t);
      expectStatus(
        await t.send('PUT', user.path, { body: t.userBody(), headers: { 'If-Match': current } }),
        200,
      );
    },
  },
  {
    id: '7644-3.14-12',
    level: 'MUST',
    title: 'A PATCH with an old If-Match is refused, and changes nothing',
    paragraph: MATCH,
    needs: ['etag', 'patch'],
    test: async (t) => {
      const { user, stale } = await changed(t);
      const before = await t.read(user);
      const body = patchBody([{ op: 'replace', path: 'userName', value: `${t.unique()}@example.com` }]);
      expectError(await t.send('PATCH', user.path, { body, headers: { 'If-Match': stale } }), MISMATCH);
      same(await t.read(user), before, 'the User afterwards');
    },
  },
  {
    id: '7644-3.14-13',
    level: 'MUST',
    title: 'A PATCH with the current If-Match succeeds',
    paragraph: MATCH,
    needs: ['etag', 'patch'],
    test: async (t) => {
      const { user, current } = await changed(t);
      const body = patchBody([{ op: 'replace', path: 'userName', value: `${t.unique()}@example.com` }]);
      expectStatus(await t.send('PATCH', user.path, { body, headers: { 'If-Match': current } }), 200, 204);
    },
  },
  {
    id: '7644-3.14-14',
    level: 'SHOULD',
    title: 'A DELETE with an old If-Match is refused, and deletes nothing',
    paragraph:
      'DELETE /Users/2819c223 … If-Match: W/"c310cd84f0281b7" (section 3.6); 412: Failed to update. Resource has changed on the server. PUT, PATCH, DELETE (section 3.12)',
    test: async (t) => {
      const { user, stale } = await changed(t);
      expectError(await t.send('DELETE', user.path, { headers: { 'If-Match': stale } }), MISMATCH);
      await t.read(user);
    },
  },
  {
    id: '7644-3.14-15',
    level: 'MUST',
    title: 'If-Match: * is met by what exists',
    paragraph: `${MATCH} (RFC 9110 section 13.1.1)`,
    test: async (t) => {
      const user = await t.user();
      expectStatus(await t.send('PUT', user.path, { body: t.userBody(), headers: { 'If-Match': '*' } }), 200);
    },
  },
  {
    id: '7644-3.14-16',
    level: 'MUST',
    title: 'Groups have versions too',
    paragraph: HEADER,
    needs: ['etag', 'Group'],
    test: async (t) => {
      const group = await t.group();
      const stale = etagOf(await t.get(group.path));
      expectStatus(await t.put(group.path, t.groupBody()), 200);
      check(etagOf(await t.get(group.path)) !== stale, 'the ETag is as it was');
      expectError(
        await t.send('PUT', group.path, { body: t.groupBody(), headers: { 'If-Match': stale } }),
        MISMATCH,
      );
    },
  },
  {
    id: '7644-3.14-17',
    level: 'MAY',
    title: 'A PATCH that is answered with 204 has an ETag',
    paragraph:
      'or MAY return HTTP status code 204 (No Content) and the appropriate response headers for a successful PATCH request. (section 3.5.2)',
    needs: ['etag', 'patch', 'Group'],
    test: async (t) => {
      const group = await t.group();
      const reply = await t.patch(group.path, [{ op: 'replace', path: 'displayName', value: t.unique() }]);
      if (reply.status !== 204) skip(`the PATCH was answered with ${reply.status}`);
      same(etagOf(reply), etagOf(await t.get(group.path)), 'the ETag', reply);
    },
  },
];

/** RFC 7644 section 3.14. */
export const etags: readonly Requirement[] = requirements.map((one) => ({ needs: ['etag'], ...one }));
