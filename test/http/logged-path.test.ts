import { expect } from 'chai';
import { loggedPath } from '../../src/http/access-log.ts';

const ID = '0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa';

describe('a path in the log', () => {
  it('tells resources, ids and keys', () => {
    for (const [path, route] of [
      [`/scim/v2/Users/${ID}`, '/scim/v2/Users/:id'],
      ['/scim/v2/Users/.search', '/scim/v2/Users/.search'],
      ['/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User', '/scim/v2/Schemas/:id'],
      ['/api/v1/projects/mobile-2', '/api/v1/projects/{key}'],
      [`/api/v1/users/${ID}/projects/mobile`, '/api/v1/users/{id}/projects/{project}'],
      [`/api/v1/reviews/${ID}/rows/12`, '/api/v1/reviews/{id}/rows/{row}'],
      ['/healthz', '/healthz'],
      ['/api/v1/exports/access-changes.csv', '/api/v1/exports/access-changes.csv'],
    ] as const)
      expect(loggedPath(path, route)).to.equal(path);
  });

  it('tells no name, address or token that somebody put there', () => {
    for (const [path, route, logged] of [
      ['/scim/v2/Users/ada@x.io', '/scim/v2/Users/:id', '/scim/v2/Users/…'],
      ['/scim/v2/Users/ada', '/scim/v2/Users/:id', '/scim/v2/Users/…'],
      ['/scim/v2/Users/ada%40x.io/more', '/scim/v2/*', '/scim/v2/Users/…/…'],
      ['/api/v1/users/ada@x.io', '/api/v1/users/{id}', '/api/v1/users/…'],
      ['/api/v1/projects/ada@x.io', '/api/v1/projects/{key}', '/api/v1/projects/…'],
      ['/api/v1/projects/rc_admin_0123456789', '/api/v1/projects/{key}', '/api/v1/projects/…'],
      ['/api/v1/projects/q7Zk29fLmP0sXw8RtY4uVb6NcD1eGhJ3', '/api/v1/projects/{key}', '/api/v1/projects/…'],
      ['/ada/secret', undefined, '/…/…'],
    ] as const)
      expect(loggedPath(path, route)).to.equal(logged);
  });
});
