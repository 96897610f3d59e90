import { expect } from 'chai';
import fc from 'fast-check';
import { readGroup } from '../../../src/scim/input/group.ts';
import type { UserDocument } from '../../../src/scim/input/user.ts';
import { readUser, userObject } from '../../../src/scim/input/user.ts';
import { groupChanges } from '../../../src/scim/patch/group.ts';
import { patchUser } from '../../../src/scim/patch/user.ts';
import { parseProjection, project } from '../../../src/scim/query/projection.ts';
import { attributeNamed, groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { ScimError } from '../../../src/scim/scim-error.ts';
import { arbitraryElementCondition, filterText } from './arbitrary-condition.ts';
import { attributeNames, objectOf, resourceLike, sent } from './arbitrary-json.ts';
import { numRuns } from './runs.ts';

/** The result, or undefined when the request was refused as it may be. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
}

const prototype = Object.getOwnPropertyNames(Object.prototype);

function expectCleanPrototype(): void {
  expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(prototype);
}

const user: fc.Arbitrary<UserDocument> = resourceLike(userSchema).map(
  (body) => attempt(() => readUser(body)) ?? readUser({ userName: 'bob' }),
);

const emailPath = fc
  .tuple(
    arbitraryElementCondition(attributeNamed(userSchema, 'emails')).map((condition) => filterText(condition)),
    fc.constantFrom('', '.value', '.type', '.primary', '.display', '.colour'),
  )
  .map(([filter, sub]) => `emails[${filter}]${sub}`);

const path = fc.oneof(
  { weight: 5, arbitrary: attributeNames(userSchema) },
  { weight: 3, arbitrary: emailPath },
  {
    weight: 3,
    arbitrary: fc.constantFrom('emails[type eq "work"].value', 'roles[primary eq "True"].value', 'emails'),
  },
);

const operation = fc.oneof(
  fc.record(
    { op: fc.constantFrom('add', 'Replace', 'remove'), path, value: sent },
    { requiredKeys: ['op', 'path'] },
  ),
  fc.record({
    op: fc.constantFrom('Add', 'replace'),
    value: fc.oneof(objectOf(path, sent), resourceLike(userSchema)),
  }),
  objectOf(fc.constantFrom('op', 'path', 'value', '__proto__', 'constructor'), sent),
);

describe('properties of what is written', () => {
  it('a user that was read is read again as the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(resourceLike(userSchema), objectOf(attributeNames(userSchema), sent), fc.jsonValue()),
        (body) => {
          const before = JSON.stringify(body);
          const found = attempt(() => readUser(body));
          if (found) expect(JSON.stringify(readUser(userObject(found)))).to.equal(JSON.stringify(found));
          attempt(() => readGroup(body));
          expect(JSON.stringify(body)).to.equal(before);
          expectCleanPrototype();
        },
      ),
      { numRuns: numRuns * 2 },
    );
  });

  it('PATCH leaves a user that our own reader takes as it is, or nothing at all', () => {
    let applied = 0;
    fc.assert(
      fc.property(user, fc.array(operation, { maxLength: 4 }), (current, Operations) => {
        const before = JSON.stringify([current, Operations]);
        const patched = attempt(() => patchUser(current, { Operations }));
        if (patched) {
          applied += 1;
          expect(JSON.stringify(readUser(userObject(patched)))).to.equal(JSON.stringify(patched));
        }
        expect(JSON.stringify([current, Operations]), 'input').to.equal(before);
        expectCleanPrototype();
      }),
      { numRuns: numRuns * 2 },
    );
    if (numRuns >= 100) expect(applied, 'requests that were not refused').to.be.greaterThan(numRuns / 10);
  });

  it('a PATCH done twice by replace changes nothing the second time', () => {
    const replacement = fc.record({ op: fc.constant('replace'), value: resourceLike(userSchema) });
    fc.assert(
      fc.property(user, replacement, (current, Operation) => {
        const once = attempt(() => patchUser(current, { Operations: [Operation] }));
        if (once)
          expect(JSON.stringify(patchUser(once, { Operations: [Operation] }))).to.equal(JSON.stringify(once));
      }),
      { numRuns },
    );
  });

  it('groupChanges tells what the operations do to a set', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const ids = fc.array(id, { maxLength: 4 });
    const step = fc.record({
      op: fc.constantFrom('add', 'remove', 'removeOne', 'removeAll', 'replace'),
      ids,
      pathless: fc.boolean(),
    });
    fc.assert(
      fc.property(ids, fc.array(step, { maxLength: 8 }), (before, steps) => {
        const naive = new Set(before);
        const Operations = steps.map(({ op, ids: some, pathless }) => {
          const value = some.map((one) => ({ value: one }));
          if (op === 'replace' || op === 'removeAll') naive.clear();
          for (const one of some) {
            if (op === 'add' || op === 'replace') naive.add(one);
            else naive.delete(one);
          }
          if (op === 'removeAll') return { op: 'remove', path: 'members' };
          if (op === 'removeOne' && some.length > 0) {
            return { op: 'remove', path: `members[${some.map((one) => `value eq "${one}"`).join(' or ')}]` };
          }
          if (op === 'remove' || op === 'removeOne') return { op: 'remove', path: 'members', value };
          return pathless ? { op, value: { members: value } } : { op, path: 'members', value };
        });
        const { base, add, remove } = groupChanges({ Operations }).members;
        const kept = (base === 'current' ? before : []).filter((one) => !remove.includes(one));
        expect([...new Set([...kept, ...add])].sort()).to.deep.equal([...naive].sort());
        expect(add.filter((one) => remove.includes(one))).to.deep.equal([]);
      }),
      { numRuns },
    );
  });

  it('any body of a PATCH of a group is read or refused with a ScimError', () => {
    const groupOperation = fc.oneof(
      objectOf(fc.constantFrom('op', 'path', 'value', '__proto__'), sent),
      fc.record({
        op: fc.constantFrom('add', 'remove', 'replace'),
        path: attributeNames(groupSchema),
        value: sent,
      }),
      fc.record({
        op: fc.constantFrom('add', 'replace'),
        value: objectOf(attributeNames(groupSchema), sent),
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          sent,
          fc.array(groupOperation, { maxLength: 4 }).map((Operations) => ({ Operations })),
        ),
        (body) => {
          attempt(() => groupChanges(body));
          expectCleanPrototype();
        },
      ),
      { numRuns },
    );
  });

  it('a projection shows id and schemas always and a password never', () => {
    const names = fc.oneof(
      fc.array(attributeNames(userSchema)).map((some) => some.join(',')),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(user, names, names, (document, attributes, excludedAttributes) => {
        const resource = { ...userObject(document), id: '1', schemas: ['x'], password: 'x' };
        const shown = project(resource, parseProjection({ attributes, excludedAttributes }, userSchema));
        expect(shown).to.include.keys('id', 'schemas').and.not.to.have.property('password');
        expectCleanPrototype();
      }),
      { numRuns },
    );
  });
});
