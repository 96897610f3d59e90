import { expect } from 'chai';
import fc from 'fast-check';
import { checkRules } from '../../../src/core/access/check-rules.ts';
import { compileRules, type MappingRule } from '../../../src/core/access/mapping-rules.ts';
import { type Placeholder, PLACEHOLDERS } from '../../../src/core/access/name-pattern.ts';
import { RollcallError } from '../../../src/lib/errors.ts';
import { foldCase } from '../../../src/lib/fold-case.ts';
import type { LicenseId, ProjectId, RoleId } from '../../../src/lib/ids.ts';
import type { CatalogueKeys } from '../../../src/store/access/mapping-rules.ts';

describe('mapping rules read names', () => {
  it('as the regular expressions did, which tried the longest keys first', async () => {
    const key = fc.stringMatching(/^[ab-]{1,3}$/).filter((text) => !text.startsWith('-'));
    const piece = fc.oneof(
      fc.constantFrom(...PLACEHOLDERS.map((name) => `{${name}}`)),
      fc.constantFrom('a', 'b', '-', 'K', 'ſ', '.', 'admin'),
    );
    const name = fc
      .array(fc.constantFrom('a', 'b', 'A', '-', 'ab', 'K', 's', '.', 'Admin'), { maxLength: 9 })
      .map((parts) => parts.join(''));
    const few = fc.uniqueArray(key, { maxLength: 5, selector: (text) => text.toLowerCase() });
    const drawn = fc.record({
      match: fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
      names: fc.array(name, { minLength: 5, maxLength: 20 }),
      projects: few,
      roles: few,
      licenses: few,
      choices: fc.array(fc.nat(4), { minLength: 8, maxLength: 8 }),
    });
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(drawn, async ({ match, names, projects, roles, licenses, choices }) => {
        const keys = catalogue({ projects, roles, licenses });
        const read = compileRules([{ match, grants: everyGrant(match) }], keys);
        const ofKeys = [0, 1, 2].map((turn) => filled(match, keys, [...choices.slice(turn), ...choices]));
        for (const groupName of [...names, ...ofKeys]) {
          const expected = byExpression(match, keys, groupName);
          if (expected) matched += 1;
          expect(await read(groupName), `${match} reads ${groupName}`).to.deep.equal(
            expected && { rule: match, targets: targetsOf(match, expected, keys) },
          );
        }
      }),
      { numRuns: 3_000, seed: 8 },
    );
    expect(matched).to.be.greaterThan(500);
  });

  it('folding case as regular expressions do', () => {
    for (const [one, other] of [
      ['K', 'K'],
      ['ſ', 's'],
      ['Σ', 'ς'],
      ['ẞ', 'ß'],
      ['ﬅ', 'ﬆ'],
      ['İ', 'i'],
      ['ı', 'i'],
      ['É', 'é'],
      ['a', 'b'],
    ] as const) {
      expect(foldCase(one) === foldCase(other), `${one} and ${other}`).to.equal(
        new RegExp(`^${one}$`, 'iu').test(other),
      );
    }
  });

  it('and find the keys by the same folding', async () => {
    const keys = catalogue({ projects: ['Kiosk'], roles: ['tester'], licenses: ['Basic'] });
    const match = '{project}-{role}-{product}-{license}';
    const read = compileRules([{ match, grants: everyGrant(match) }], keys);
    expect((await read('\u212aioſk-te\u017fter-ba\u017fic-BASIC'))?.targets).to.have.lengthOf(2);
  });

  const long = Array.from({ length: 63 }, (_, length) => 'a'.repeat(length + 1));
  const adverse = catalogue({ projects: long, roles: long, licenses: long });
  const rule = (match: string): MappingRule => ({ match, grants: [{ accountRole: 'member' }] });

  for (const match of [
    '{project}{role}{product}{license}x',
    '{project}{role}{product}{license}{project}x',
    '{project}{project}{project}{project}{project}{project}{project}{project}{project}{project}x',
    '{license}{product}{role}{project}ab{project}x',
  ]) {
    it(`without backtracking: ${match}`, async () => {
      const names = Array.from({ length: 20 }, (_, n) => `${'a'.repeat(250 - n)}bx`);
      checkRules([rule(match)], adverse);
      const read = compileRules([rule(match)], adverse);
      const begin = process.cpuUsage();
      for (const name of names) expect(await read(name)).to.equal(undefined);
      const { user, system } = process.cpuUsage(begin);
      expect((user + system) / 1000, 'ms of CPU for 20 names').to.be.lessThan(600);
    });
  }

  it('and lets others work meanwhile', async () => {
    const rules = Array.from({ length: 100 }, (_, n) => rule(`{project}{role}{product}{license}x${n}`));
    const read = compileRules(rules, adverse);
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    for (let n = 0; n < 20; n += 1) await read(`${'a'.repeat(240)}bx${n}`);
    clearInterval(timer);
    expect(longest, 'ms without a turn').to.be.lessThan(100);
  });

  it('with bounded work in all, and stops when the client has gone', async () => {
    const rules = Array.from({ length: 500 }, () => rule('{project}{role}{product}{license}{project}x'));
    const gone = new AbortController();
    const read = compileRules(rules, adverse, { signal: gone.signal });
    setTimeout(() => gone.abort(), 50);
    const reading = async () => {
      for (let n = 0; n < 1_000; n += 1) await read(`${'a'.repeat(250)}bx`);
    };
    expect(await kindOf(reading)).to.equal('cancelled');
    const many = compileRules(
      [{ match: '{project}', grants: new Array(100).fill({ accountRole: 'member' }) }],
      adverse,
    );
    expect(
      await kindOf(async () => {
        for (let n = 0; n < 3_000; n += 1) await many('aaa');
      }),
    ).to.equal('invalid');
  });

  it('only when they are within their limits', () => {
    const refused = (match: string, grants: MappingRule['grants'] = []) => {
      try {
        checkRules([{ match, grants }], adverse);
      } catch (error) {
        return (error as RollcallError).fields.map(({ field }) => field);
      }
      return [];
    };
    expect(refused('{project}-{role}-{project}')).to.deep.equal([]);
    expect(refused('{project}-{role}-{project}-{role}')).to.deep.equal(['rules[0].match']);
    expect(refused('{project}'.repeat(10))).to.deep.equal([]);
    expect(refused('{project}'.repeat(11))).to.deep.equal(['rules[0].match']);
    expect(refused('{project}', [{ project: '{project}'.repeat(50), role: 'a' }])).to.deep.equal([
      'rules[0].grants[0]',
    ]);
  });
});

async function kindOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
  } catch (error) {
    return error instanceof RollcallError ? error.kind : String(error);
  }
  return undefined;
}

function catalogue(of: Record<'projects' | 'roles' | 'licenses', readonly string[]>): CatalogueKeys {
  return {
    projects: of.projects.map((key) => ({ key, id: `project ${key}` as ProjectId })),
    roles: of.roles.map((key) => ({ key, id: `role ${key}` as RoleId })),
    licenses: of.licenses.map((key) => ({ product: key, key, id: `license ${key}` as LicenseId })),
  };
}

/** Grants that show what each placeholder stands for. */
function everyGrant(match: string): MappingRule['grants'] {
  const uses = (name: Placeholder) => match.includes(`{${name}}`);
  return [
    ...(uses('project') && uses('role') ? [{ project: '{project}', role: '{role}' }] : []),
    ...(uses('product') && uses('license') ? [{ product: '{product}', license: '{license}' }] : []),
    ...(uses('accountRole') ? [{ accountRole: '{accountRole}' }] : []),
  ];
}

/** A name that the match may read: each placeholder filled with some key, not always the same. */
function filled(match: string, keys: CatalogueKeys, choices: number[]): string {
  const values = valuesOf(keys);
  return match.replace(/\{(\w+)\}/g, (_, name: Placeholder) => {
    const of = values[name];
    return of[(choices.shift() ?? 0) % of.length] ?? '';
  });
}

function targetsOf(match: string, bound: Partial<Record<Placeholder, string>>, keys: CatalogueKeys) {
  const same = (a: string, b = '') => a.toLowerCase() === b.toLowerCase();
  return everyGrant(match).map((grant) => {
    if ('accountRole' in grant)
      return { kind: 'account_role', accountRole: bound.accountRole!.toLowerCase() };
    if ('project' in grant) {
      const projectId = keys.projects.find(({ key }) => same(key, bound.project))!.id;
      return {
        kind: 'project_role',
        projectId,
        roleId: keys.roles.find(({ key }) => same(key, bound.role))!.id,
      };
    }
    const license = keys.licenses.find(
      ({ product, key }) => same(product, bound.product) && same(key, bound.license),
    );
    return { kind: 'entitlement', licenseId: license!.id };
  });
}

function valuesOf(keys: CatalogueKeys): Record<Placeholder, readonly string[]> {
  return {
    project: keys.projects.map((one) => one.key),
    role: keys.roles.map((one) => one.key),
    product: keys.licenses.map((one) => one.product),
    license: keys.licenses.map((one) => one.key),
    accountRole: ['admin', 'billing_manager', 'member'],
  };
}

/** The reading of a name by the regular expression that rules were once compiled to. */
function byExpression(
  match: string,
  keys: CatalogueKeys,
  name: string,
): Partial<Record<Placeholder, string>> | undefined {
  const values = valuesOf(keys);
  const escape = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const alternatives = (of: readonly string[]) =>
    of.length === 0
      ? '(?!)'
      : [...of]
          .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
          .map(escape)
          .join('|');
  const seen = new Set<string>();
  const source = match
    .split(/(\{\w+\})/)
    .map((part) => {
      const placeholder = /^\{(\w+)\}$/.exec(part)?.[1] as Placeholder | undefined;
      if (!placeholder) return escape(part);
      if (seen.has(placeholder)) return `\\k<${placeholder}>`;
      seen.add(placeholder);
      return `(?<${placeholder}>${alternatives(values[placeholder])})`;
    })
    .join('');
  const found = new RegExp(`^${source}$`, 'iu').exec(name);
  if (!found) return undefined;
  const bound = found.groups ?? {};
  // A license of another product names nothing, and then the rule does not match.
  const uses = (one: Placeholder) => match.includes(`{${one}}`);
  if (
    uses('product') &&
    uses('license') &&
    bound['product']!.toLowerCase() !== bound['license']!.toLowerCase()
  ) {
    return undefined;
  }
  return bound;
}
