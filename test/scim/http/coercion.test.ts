import { expect } from 'chai';
import SCIMMY from 'scimmy';
import type { TestApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from './client.ts';
import { listed, patchOf } from './resources.ts';

interface Coercing {
  coerce: (...parts: unknown[]) => unknown;
}

const { SchemaDefinition, Attribute } = SCIMMY.Types as unknown as Record<string, { prototype: Coercing }>;

/** How often scimmy coerced anything while `act` ran: its Schema constructors do nothing else. */
async function coercions(act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const restore = [SchemaDefinition!.prototype, Attribute!.prototype].map((prototype) => {
    const original = prototype.coerce;
    prototype.coerce = function (...parts) {
      count += 1;
      return original.apply(this, parts);
    };
    return () => {
      prototype.coerce = original;
    };
  });
  try {
    await act();
  } finally {
    for (const undo of restore) undo();
  }
  return count;
}

describe("SCIM over HTTP: what goes out does not go through scimmy's coercion", () => {
  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Resource>(app);
    await app.core.db.raw(
      `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at,
          attributes)
        select ?, gen_random_uuid(), 'user ' || n, 'active', 'scim', 'idp', now(), now(), now(),
          jsonb_build_object('displayName', 'User ' || n, 'emails', jsonb_build_array(jsonb_build_object('value', n || '@x.io')))
        from generate_series(1, 200) n`,
      [workspace.id],
    );
  });

  it('the count would see one', async () => {
    const made = await coercions(() => Promise.resolve(new SCIMMY.Schemas.User({ userName: 'x' })));
    expect(made).to.be.greaterThan(0);
  });

  it('GET /Users?count=200, a group of 200, one user, and everything that is written', async () => {
    const { scim } = workspace;
    const made = await coercions(async () => {
      const users = listed(await scim('GET', '/Users', { query: { count: 200 } }));
      expect(users).to.have.lengthOf(200);
      const ids = users.map((one) => ({ value: one.id }));
      const group = await scim('POST', '/Groups', { body: { displayName: 'g', members: ids } });
      expect(group.body.members).to.have.lengthOf(200);
      expect(listed(await scim('GET', '/Groups'))[0]!.members).to.have.lengthOf(200);
      const path = `/Users/${ids[0]!.value}`;
      expect((await scim('GET', path)).status).to.equal(200);
      const patch = patchOf({ op: 'add', path: 'title', value: 't' });
      expect((await scim('PATCH', path, { body: patch })).status).to.equal(200);
      expect((await scim('PUT', path, { body: { userName: 'x' } })).status).to.equal(200);
      expect((await scim('POST', '/Users', { body: { userName: 'y' } })).status).to.equal(201);
      expect((await scim('DELETE', path)).status).to.equal(204);
    });
    expect(made).to.equal(0);
  });
});
