import { expect } from 'chai';
import fc from 'fast-check';
import type { Condition } from '../../../src/core/shared/condition.ts';
import { MAX_BYTES } from '../../../src/scim/filter/lexer.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import type { TestApp } from '../../support/app.ts';
import { evaluate } from '../../support/evaluate.ts';
import { newWorkspace, type Resource, sharedApp, type TestWorkspace } from '../http/client.ts';
import { listed, refused } from '../http/resources.ts';
import { arbitraryCondition, filterText } from '../language/arbitrary-condition.ts';
import { numRuns } from '../language/runs.ts';
import { type Directory, fillDirectory } from './directory.ts';

const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);

/** What is made as it is shown, which no filter can ask for. */
const MADE = ['meta.location', 'groups.$ref', 'members.$ref', `${ROLLCALL_USER}.access`];

describe('properties of filters in PostgreSQL', function () {
  this.timeout(60_000 + 200 * numRuns);

  let app: TestApp;
  let workspace: TestWorkspace<Resource>;
  let directory: Directory;
  before(async () => {
    app = await sharedApp();
    workspace = await newWorkspace<Resource>(app);
    directory = await fillDirectory(app, workspace, { users: 36, groups: 12, seed });
  });

  for (const [type, schema, runs] of [
    ['users', userSchema, numRuns],
    ['groups', groupSchema, Math.ceil(numRuns / 3)],
  ] as const) {
    it(`find the ${type} that the reference evaluator finds`, async () => {
      const resources = directory[type];
      const picks = fc.infiniteStream(fc.nat());
      let [found, foundNone] = [0, 0];
      await fc.assert(
        fc.asyncProperty(arbitraryCondition(schema), picks, async (drawn, pick) => {
          const condition = enlivened(drawn, resources, () => pick.next().value as number);
          const filter = filterText(condition);
          fc.pre(Buffer.byteLength(filter) <= MAX_BYTES);
          const body = { filter, count: 500, attributes: ['id'] };
          const reply = await workspace.scim('POST', `/${schema.name}s/.search`, { body });
          if (mentions(condition, MADE)) {
            refused(reply, 400, 'invalidFilter');
            return;
          }
          const expected = resources.filter((one) => evaluate(condition, one)).map((one) => one.id);
          expect(
            listed(reply).map((one) => one.id),
            filter,
          ).to.deep.equal(expected);
          expect(reply.body.totalResults).to.equal(expected.length);
          if (expected.length === 0) foundNone += 1;
          else if (expected.length < resources.length) found += 1;
        }),
        { numRuns: runs, seed },
      );
      expect(found, 'filters that told some from others').to.be.greaterThan(runs / 10);
      expect(foundNone, 'filters that nobody met').to.be.greaterThan(0);
    });
  }
});

/**
 * The condition with values that are there in place of some random ones: whole or in part, in another case. Random
 * text alone would hardly ever be found.
 */
function enlivened(
  condition: Condition,
  resources: readonly Resource[],
  pick: () => number,
  parent: readonly string[] = [],
): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { ...condition, of: condition.of.map((part) => enlivened(part, resources, pick, parent)) };
    case 'not':
      return { ...condition, of: enlivened(condition.of, resources, pick, parent) };
    case 'present':
      return condition;
    case 'element': {
      const path = [...parent, ...condition.attribute.path];
      return { ...condition, where: enlivened(condition.where, resources, pick, path) };
    }
    case 'compare': {
      const there = valuesAt(resources, [...parent, ...condition.attribute.path]);
      const value = there[pick() % Math.max(1, there.length)];
      if (typeof value !== 'string' || pick() % 3 === 0) return condition;
      if (condition.attribute.type === 'dateTime') return { ...condition, value };
      const variants = [
        ...[value, value.toUpperCase(), value.slice(0, 1), value.slice(-2), value.slice(1, 3)],
        ...[value.normalize('NFD'), wide(value)],
      ];
      const chosen = variants[pick() % variants.length] ?? value;
      return /\p{Surrogate}/u.test(chosen) ? condition : { ...condition, value: chosen };
    }
  }
}

function wide(text: string): string {
  return text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
}

function valuesAt(values: readonly unknown[], path: readonly string[]): unknown[] {
  const [first, ...rest] = path;
  const flat = values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
  if (first === undefined) return flat;
  const inner = flat.flatMap((value) =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, first)
      ? [(value as Record<string, unknown>)[first]]
      : [],
  );
  return valuesAt(inner, rest);
}

function mentions(condition: Condition, names: readonly string[], parent: readonly string[] = []): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.some((part) => mentions(part, names, parent));
    case 'not':
      return mentions(condition.of, names, parent);
    case 'present':
    case 'compare':
      return names.includes([...parent, ...condition.attribute.path].join('.'));
    case 'element': {
      const path = [...parent, ...condition.attribute.path];
      return names.includes(path.join('.')) || mentions(condition.where, names, path);
    }
  }
}
