import { expect } from 'chai';
import fc from 'fast-check';
import { readGroup } from '../../../src/scim/input/group.ts';
import { readUser, userObject } from '../../../src/scim/input/user.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { attributeNamed, groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { TestApp } from '../../support/app.ts';
import {
  newWorkspace,
  type Resource,
  type ScimReply,
  sharedApp,
  type TestWorkspace,
} from '../http/client.ts';
import { patchOf, written } from '../http/resources.ts';
import { arbitraryElementCondition, filterText, text } from '../language/arbitrary-condition.ts';
import { attributeNames, objectOf, resourceLike, sent } from '../language/arbitrary-json.ts';
import { numRuns } from '../language/runs.ts';

/** Each takes three requests. */
const runs = Math.ceil(numRuns / 5);

const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);

const valuePath = fc
  .constantFrom('emails', 'roles', 'addresses', 'phoneNumbers', 'entitlements')
  .chain((name) =>
    fc
      .tuple(
        arbitraryElementCondition(attributeNamed(userSchema, name)),
        fc.constantFrom('', '.value', '.type', '.primary', '.display', '.locality'),
      )
      .map(([condition, sub]) => `${name}[${filterText(condition)}]${sub}`),
  );

const userPath = fc.oneof(
  { weight: 4, arbitrary: attributeNames(userSchema) },
  { weight: 2, arbitrary: valuePath },
  { weight: 1, arbitrary: fc.constantFrom('emails[type eq "work"].value', 'roles[primary eq "True"].value') },
);

const op = fc.constantFrom('add', 'Replace', 'remove', 'Add', 'replace');

const element = fc.record(
  {
    value: text,
    type: fc.constantFrom('work', 'home'),
    primary: fc.constantFrom(true, false, 'True'),
    display: text,
  },
  { requiredKeys: [] },
);

/** Paths with values of their kind. */
const plausible = fc.oneof(
  fc.tuple(
    fc.constantFrom('title', 'displayName', 'name.givenName', 'externalId', `${ENTERPRISE_USER}:department`),
    text,
  ),
  fc.tuple(fc.constant('active'), fc.constantFrom<unknown>(true, 'False', 'true')),
  fc.tuple(
    fc.constantFrom('emails', 'phoneNumbers', 'roles'),
    fc.oneof(element, fc.array(element, { maxLength: 3 })),
  ),
  fc.tuple(
    fc.constantFrom('emails[type eq "work"].value', 'roles[primary eq "True"].value', 'emails.display'),
    text,
  ),
  fc.tuple(fc.constant('emails[type eq "home"]'), element),
  fc.tuple(fc.constantFrom('addresses[type eq "work"].locality', 'addresses[type eq "work"].country'), text),
  fc.tuple(fc.constant('name'), fc.record({ familyName: text, formatted: text }, { requiredKeys: [] })),
  fc.tuple(fc.constant(`${ENTERPRISE_USER}:manager`), fc.oneof(text, fc.record({ value: text }))),
  fc.tuple(
    fc.constant(`${ROLLCALL_USER}:startDate`),
    fc.constantFrom('2026-02-28', '', '2026-01-02T00:00:00Z'),
  ),
);

const userOperation = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ op, parts: plausible }).map(({ op: how, parts: [path, value] }): object => ({
      op: how,
      path,
      ...(how === 'remove' ? {} : { value }),
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('add', 'replace'), fc.array(plausible, { maxLength: 3 }))
      .map(([how, pairs]): object => ({ op: how, value: Object.fromEntries(pairs) as object })),
  },
  { weight: 1, arbitrary: fc.record({ op, path: userPath, value: sent }, { requiredKeys: ['op', 'path'] }) },
  {
    weight: 1,
    arbitrary: fc.record({ op, value: fc.oneof(objectOf(userPath, sent), resourceLike(userSchema)) }),
  },
  { weight: 1, arbitrary: objectOf(fc.constantFrom('op', 'path', 'value', '__proto__'), sent) },
);

/** Operations on members, some of whom there are. */
function groupOperation(ids: readonly string[]): fc.Arbitrary<object> {
  const id = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...ids) },
    fc.constantFrom('nobody', ids[0]!.toUpperCase()),
  );
  const members = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ value: id, $ref: fc.constant(null) }, { requiredKeys: ['value'] }),
      },
      { weight: 1, arbitrary: id },
    ),
    { maxLength: 4 },
  );
  return fc.oneof(
    fc.record({ op, path: fc.constant('members'), value: members }, { requiredKeys: ['op', 'path'] }),
    fc.record({ op, value: fc.record({ members, displayName: fc.string() }, { requiredKeys: [] }) }),
    id.map((one) => ({ op: 'remove', path: `members[value eq "${one}"]` })),
    fc.record({ op, path: attributeNames(groupSchema), value: sent }, { requiredKeys: ['op', 'path'] }),
    fc.record({ op, value: objectOf(attributeNames(groupSchema), sent) }),
  );
}

describe('properties of PATCH over HTTP', function () {
  this.timeout(60_000 + 300 * runs);

  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Resource>(app);
  });

  /** What a GET says, and that a PUT of all of it would change nothing: our own reader takes it as it is. */
  async function expectReadable(path: string, reply: ScimReply<Resource>): Promise<Resource> {
    const read = await workspace.scim('GET', path);
    expect(read.status).to.equal(200);
    if (reply.status === 200) expect(reply.body).to.deep.equal(read.body);
    const again = await workspace.scim('PUT', path, { body: read.body });
    expect(again.status, JSON.stringify(again.body)).to.equal(200);
    expect(again.body).to.deep.equal(read.body);
    return read.body;
  }

  function expectKnownAnswer(reply: ScimReply<Resource>, operations: unknown): void {
    expect(reply.status, JSON.stringify([operations, reply.body])).to.be.oneOf([200, 204, 400, 409, 413]);
  }

  it('a user afterwards is one that our own reader takes, or nothing was done', async () => {
    const created = await workspace.scim('POST', '/Users', { body: { userName: 'ann', active: true } });
    const path = `/Users/${created.body.id}`;
    let current = created.body;
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(userOperation, { minLength: 1, maxLength: 3 }), async (operations) => {
        const reply = await workspace.scim('PATCH', path, { body: patchOf(...operations) });
        expectKnownAnswer(reply, operations);
        const after = await expectReadable(path, reply);
        if (reply.status === 200) {
          const shown = written(after, app.url);
          expect(userObject(readUser(shown))).to.deep.equal(shown);
          if (after.meta.version !== current.meta.version) changed += 1;
          else expect(after).to.deep.equal(current);
        } else {
          expect(after, 'after a refusal').to.deep.equal(current);
        }
        current = after;
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    expect(changed, 'patches that changed something').to.be.greaterThan(runs / 20);
  });

  it('a group afterwards is one that our own reader takes, or nothing was done', async () => {
    const ids: string[] = [];
    for (const userName of ['m1', 'm2', 'm3', 'm4', 'm5']) {
      ids.push((await workspace.scim('POST', '/Users', { body: { userName } })).body.id);
    }
    const created = await workspace.scim('POST', '/Groups', { body: { displayName: 'g' } });
    const path = `/Groups/${created.body.id}`;
    let current = created.body;
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(groupOperation(ids), { minLength: 1, maxLength: 4 }), async (operations) => {
        const reply = await workspace.scim('PATCH', path, { body: patchOf(...operations) });
        expectKnownAnswer(reply, operations);
        const after = await expectReadable(path, reply);
        if (reply.status === 204) {
          const shown = written(after, app.url);
          const { members = [], displayName } = readGroup(shown);
          expect({ members, displayName }).to.deep.equal({
            members: shown['members'] ?? [],
            displayName: shown['displayName'],
          });
          if (after.meta.version !== current.meta.version) changed += 1;
          else expect(after).to.deep.equal(current);
        } else {
          expect(after, 'after a refusal').to.deep.equal(current);
        }
        current = after;
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    expect(changed, 'patches that changed something').to.be.greaterThan(runs / 20);
  });
});
