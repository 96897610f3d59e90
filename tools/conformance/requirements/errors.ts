import { check, expectError, expectErrorForm, expectStatus, same, skip } from '../check.ts';
import type { Reply } from '../exchange.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { at, shown } from '../values.ts';

const FORM =
  'implementers MUST return the errors in the body of the response in a JSON format … "urn:ietf:params:scim:api:messages:2.0:Error" … status: The HTTP status code expressed as a JSON string. REQUIRED.';
const CHALLENGE =
  'a SCIM service provider SHALL indicate supported HTTP authentication schemes via the "WWW-Authenticate" header.';

/** An error of each kind that can be had from any server. */
const ERRORS: readonly (readonly [string, (t: Tester) => Promise<Reply>])[] = [
  ['404', async (t) => t.get(`${t.server.users}/${t.unique()}`)],
  ['400', async (t) => t.post(t.server.users, [])],
  [
    '409',
    async (t) => {
      const body = t.userBody();
      await t.post(t.server.users, body);
      return t.post(t.server.users, body);
    },
  ],
  ['401', async (t) => t.send('GET', t.server.users, { token: 'no-such-token' })],
];

/** RFC 7644 sections 2 and 3.12. */
export const errors: readonly Requirement[] = [
  {
    id: '7644-2-01',
    level: 'MUST',
    title: 'Who does not authenticate is refused, and told how to',
    paragraph: CHALLENGE,
    test: async (t) => {
      const reply = await t.send('GET', t.server.users, { token: null });
      if (reply.status === 200) skip('the server answers anonymous requests (section 2.2)');
      expectStatus(reply, 401);
      check((reply.headers.get('www-authenticate') ?? '') !== '', 'there is no WWW-Authenticate', reply);
    },
  },
  {
    id: '7644-2-02',
    level: 'MUST',
    title: 'A wrong token is refused, with the schemes that are supported',
    paragraph: `401 (Unauthorized): Authorization failure. The authorization header is invalid or missing. (section 3.12) ${CHALLENGE}`,
    test: async (t) => {
      const reply = expectStatus(await t.send('GET', t.server.users, { token: 'no-such-token' }), 401);
      check((reply.headers.get('www-authenticate') ?? '') !== '', 'there is no WWW-Authenticate', reply);
    },
  },
  {
    id: '7644-2-03',
    level: 'MUST',
    title: 'Who does not authenticate changes nothing',
    paragraph:
      "the SCIM service provider MUST be able to map the authenticated client to an access control policy in order to determine the client's authorization to retrieve and update SCIM resources.",
    test: async (t) => {
      const user = await t.user();
      for (const method of ['DELETE', 'PUT']) {
        const reply = await t.send(method, user.path, {
          token: 'no-such-token',
          ...(method === 'PUT' ? { body: t.userBody() } : {}),
        });
        expectStatus(reply, 401);
      }
      same(await t.read(user), user.body, 'the User afterwards');
    },
  },
  ...ERRORS.map(([status, provoke], index): Requirement => ({
    id: `7644-3.12-0${index + 1}`,
    level: 'MUST',
    title: `A ${status} is told as a SCIM Error`,
    paragraph: FORM,
    test: async (t) => {
      const reply = expectStatus(await provoke(t), Number(status));
      expectErrorForm(reply);
    },
  })),
  {
    id: '7644-3.12-05',
    level: 'MUST',
    title: 'Errors are JSON by their media type',
    paragraph: 'implementers MUST return the errors in the body of the response in a JSON format.',
    test: async (t) => {
      for (const [, provoke] of ERRORS) {
        const reply = await provoke(t);
        const type = reply.headers.get('content-type') ?? '';
        check(
          /^application\/(?:scim\+|problem\+)?json\b/i.test(type),
          `Content-Type is ${shown(type)}`,
          reply,
        );
      }
    },
  },
  {
    id: '7644-3.12-06',
    level: 'SHOULD',
    title: 'An endpoint that does not exist is 404',
    paragraph: '404 (Not Found): Specified resource (e.g., User) or endpoint does not exist.',
    test: async (t) => expectError(await t.get('/NoSuchEndpoint'), 404),
  },
  {
    id: '7644-3.12-07',
    level: 'SHOULD',
    title: 'Errors say in words what is wrong',
    paragraph:
      'detail: A detailed human-readable message. OPTIONAL. (section 3.4.2.2: an appropriate human-readable response)',
    test: async (t) => {
      const reply = await t.get(`${t.server.users}/${t.unique()}`);
      const detail = at(reply.body, 'detail');
      check(typeof detail === 'string' && detail !== '', `"detail" is ${shown(detail)}`, reply);
    },
  },
  {
    id: '7644-3.12-08',
    level: 'MUST',
    title: 'A path that climbs or is not decodable is an error of the client',
    paragraph: '400 (Bad Request), 404 (Not Found)',
    test: async (t) => {
      for (const path of [
        `${t.server.users}/%ff`,
        `${t.server.users}/%2e%2e%2fSchemas`,
        `${t.server.users}/a/b/c`,
      ]) {
        const reply = await t.get(path);
        check(reply.status >= 400 && reply.status < 500, `${path} answered ${reply.status}`, reply);
      }
    },
  },
];
