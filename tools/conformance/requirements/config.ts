import { check, expectStatus, same, skip } from '../check.ts';
import type { Requirement, Tester } from '../requirement.ts';
import { at, items, shown, textAt } from '../values.ts';

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function supported(t: Tester, feature: string): void {
  const value = at(t.server.config, feature, 'supported');
  check(typeof value === 'boolean', `"${feature}.supported" is ${shown(value)}`, t.server.replies.config);
}

function count(t: Tester, ...path: readonly [string, string]): void {
  const value = at(t.server.config, ...path);
  check(isCount(value), `"${path.join('.')}" is ${shown(value)}`, t.server.replies.config);
}

function feature(number: string, name: string, what: string): Requirement {
  return {
    id: `7643-5-${number}`,
    level: 'MUST',
    title: `ServiceProviderConfig says whether ${what} is supported`,
    paragraph: `${name}: A complex type … REQUIRED. supported: A Boolean value specifying whether or not the operation is supported. REQUIRED.`,
    test: (t) => supported(t, name),
  };
}

/** RFC 7643 section 5. */
export const config: readonly Requirement[] = [
  feature('01', 'patch', 'PATCH'),
  feature('02', 'bulk', 'bulk'),
  {
    id: '7643-5-03',
    level: 'MUST',
    title: 'ServiceProviderConfig tells the limits of a bulk request',
    paragraph:
      'maxOperations: An integer value specifying the maximum number of operations. REQUIRED. maxPayloadSize: An integer value specifying the maximum payload size in bytes. REQUIRED.',
    test: (t) => {
      count(t, 'bulk', 'maxOperations');
      count(t, 'bulk', 'maxPayloadSize');
    },
  },
  feature('04', 'filter', 'filtering'),
  {
    id: '7643-5-05',
    level: 'MUST',
    title: 'ServiceProviderConfig tells the most resources in an answer',
    paragraph:
      'maxResults: An integer value specifying the maximum number of resources returned in a response. REQUIRED.',
    test: (t) => count(t, 'filter', 'maxResults'),
  },
  feature('06', 'changePassword', 'changing a password'),
  feature('07', 'sort', 'sorting'),
  feature('08', 'etag', 'ETag'),
  {
    id: '7643-5-09',
    level: 'MUST',
    title: 'ServiceProviderConfig lists the authentication schemes',
    paragraph:
      'authenticationSchemes: A multi-valued complex type … REQUIRED. type REQUIRED. name REQUIRED. description REQUIRED.',
    test: (t) => {
      const { config: reply } = t.server.replies;
      const schemes = items(at(t.server.config, 'authenticationSchemes'));
      check(schemes.length > 0, '"authenticationSchemes" is not there, or empty', reply);
      for (const scheme of schemes) {
        for (const name of ['type', 'name', 'description']) {
          const value = textAt(scheme, name);
          check(value !== undefined && value !== '', `"${name}" is missing in ${shown(scheme)}`, reply);
        }
      }
    },
  },
  {
    id: '7643-5-10',
    level: 'SHOULD',
    title: 'How to authenticate can be learned without authentication',
    paragraph:
      'the service provider SHOULD, with the appropriate security considerations, make the authenticationSchemes attribute publicly accessible without prior authentication.',
    test: async (t) => {
      const reply = await t.send('GET', '/ServiceProviderConfig', { token: null });
      if (reply.status === 200) {
        const schemes = items(at(reply.body, 'authenticationSchemes'));
        check(schemes.length > 0, 'the public answer has no "authenticationSchemes"', reply);
        return;
      }
      // "With the appropriate security considerations" leaves it closed, where the challenge names the scheme.
      expectStatus(reply, 401);
      check(reply.headers.has('www-authenticate'), 'neither is public: the 401 names no scheme', reply);
      t.note('ServiceProviderConfig needs authentication; the scheme is learned from WWW-Authenticate.');
    },
  },
  {
    id: '7643-5-11',
    level: 'MUST',
    title: 'The type of ServiceProviderConfig is ServiceProviderConfig',
    paragraph: 'resourceType: The name of the resource type of the resource. (section 3.1; figure 7)',
    test: (t) => {
      const type = at(t.server.config, 'meta', 'resourceType');
      if (type === undefined) skip('it has no "meta.resourceType"');
      same(type, 'ServiceProviderConfig', '"meta.resourceType"', t.server.replies.config);
    },
  },
  {
    id: '7643-5-12',
    level: 'MUST',
    title: 'ServiceProviderConfig cannot be changed',
    paragraph: 'All attributes have a mutability of "readOnly". (RFC 7644 table 2 has GET only)',
    test: async (t) => {
      const reply = await t.put('/ServiceProviderConfig', t.server.config);
      if (reply.status >= 400) return;
      const after = await t.get('/ServiceProviderConfig');
      same(after.body, t.server.config, 'ServiceProviderConfig after a PUT', after);
    },
  },
];
