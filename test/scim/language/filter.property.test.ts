import { expect } from 'chai';
import fc from 'fast-check';
import type { Condition } from '../../../src/core/shared/condition.ts';
import { MAX_BYTES } from '../../../src/scim/filter/lexer.ts';
import { parseFilter } from '../../../src/scim/filter/parser.ts';
import { parsePath } from '../../../src/scim/filter/path.ts';
import { matcher } from '../../../src/scim/patch/matches.ts';
import { attributeNamed, groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { ScimError } from '../../../src/scim/scim-error.ts';
import { evaluate } from '../../support/evaluate.ts';
import { arbitraryCondition, arbitraryElementCondition, filterText, text } from './arbitrary-condition.ts';
import { cpuTime } from './cpu-time.ts';
import { numRuns } from './runs.ts';

const schemas = [userSchema, groupSchema];

/** Runs what may only fail with a ScimError, and soon. */
function attempt(act: () => unknown): void {
  const time = cpuTime(() => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
    }
  });
  expect(time, 'milliseconds').to.be.lessThan(250);
}

describe('properties of filters', () => {
  it('a condition printed as a filter is read as the same condition', () => {
    for (const schema of schemas) {
      fc.assert(
        fc.property(arbitraryCondition(schema), (condition) => {
          const filter = filterText(condition);
          fc.pre(Buffer.byteLength(filter) <= MAX_BYTES);
          expect(parseFilter(filter, schema)).to.deep.equal(condition);
        }),
        { numRuns },
      );
    }
  });

  it('names, operators and words have no case', () => {
    fc.assert(
      fc.property(arbitraryCondition(userSchema), fc.infiniteStream(fc.boolean()), (condition, upper) => {
        const filter = filterText(condition, (word) =>
          upper.next().value === true ? word.toUpperCase() : word,
        );
        fc.pre(Buffer.byteLength(filter) <= MAX_BYTES);
        expect(parseFilter(filter, userSchema)).to.deep.equal(condition);
      }),
      { numRuns },
    );
  });

  it('any text is read or refused with a ScimError, soon', () => {
    const words = [
      'userName',
      'emails',
      'emails.value',
      'password',
      'active',
      'schemas',
      'eq',
      'NE',
      'pr',
      'gt',
      'and',
      'or',
      'not',
      '(',
      ')',
      '[',
      ']',
      '.value',
      '"x"',
      '"',
      "'",
      'true',
      'null',
      '1',
      '__proto__',
      '\\',
      ' ',
    ];
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 200 })), (filter) => {
        for (const schema of schemas) {
          attempt(() => parseFilter(filter, schema));
          attempt(() => parsePath(filter, schema));
        }
      }),
      { numRuns: numRuns * 3 },
    );
  });

  it('bombs of 8 KiB, and of a megabyte, cost nothing', () => {
    const bombs = [
      '(',
      'not (',
      'emails[',
      'emails[(',
      '"',
      '\\',
      "'",
      'userName eq "',
      'title pr or ',
      'title pr and (',
      ')',
      ']',
      'a.',
      ' ',
      '\0',
      'é',
    ];
    for (const bomb of bombs) {
      for (const size of [8_000, 1_000_000]) {
        const filter = bomb.repeat(Math.ceil(size / bomb.length)).slice(0, size);
        attempt(() => parseFilter(filter, userSchema));
        attempt(() => parsePath(filter, userSchema));
        attempt(() => parsePath(`emails[${filter}]`, userSchema));
      }
    }
  });

  it('PATCH selects the elements that the reference evaluator does', () => {
    const emails = attributeNamed(userSchema, 'emails');
    const element = fc.record(
      { value: text, type: fc.constantFrom('work', 'HOME', 'é'), primary: fc.boolean(), display: text },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(arbitraryElementCondition(emails), element, (condition: Condition, one) => {
        expect(matcher(condition)(one)).to.equal(evaluate(condition, one));
      }),
      { numRuns },
    );
  });
});
