import { expect } from 'chai';
import { assertAffordable } from '../../../src/scim/filter/cost.ts';
import { parseFilter } from '../../../src/scim/filter/parser.ts';
import { groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { expectError } from './expect-error.ts';

const repeated = (count: number, one: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => one(at)).join(' or ');

describe('the cost of a filter', () => {
  // What identity providers send, and much more of it than they do.
  const affordable: readonly [what: string, filter: string][] = [
    ['many names', repeated(200, (at) => `userName eq "user-${at}@x.io"`)],
    ['many externalIds', repeated(150, (at) => `externalId eq "00u-${at}"`)],
    ['work addresses', repeated(60, (at) => `emails[type eq "work"].value eq "u${at}@x.io"`)],
    [
      'an address in three ways',
      'emails co "a" and emails.value ew "x.io" and emails[primary eq true].type pr',
    ],
    ['a few groups', repeated(15, (at) => `groups.display eq "Group ${at}"`)],
    ['groups by id', repeated(80, (at) => `groups.value eq "0000000${at}"`)],
  ];
  for (const [what, filter] of affordable) {
    it(`lets ${what} pass`, () => {
      assertAffordable(parseFilter(filter, userSchema));
    });
  }

  const tooCostly: readonly [what: string, filter: string][] = [
    ['hundreds of names of groups', repeated(270, (at) => `groups.display co "${at}"`)],
    ['names of groups in brackets', `groups[${repeated(200, (at) => `display co "${at}"`)}]`],
    ['names of groups that are negated', `not (${repeated(200, (at) => `groups.display co "${at}"`)})`],
    ['lists gone over again and again', repeated(150, (at) => `photos.value co "${at}"`)],
    ['presence of lists', repeated(300, () => 'photos pr')],
  ];
  for (const [what, filter] of tooCostly) {
    it(`refuses ${what} with tooMany`, () => {
      const error = expectError(() => assertAffordable(parseFilter(filter, userSchema)), 'tooMany');
      expect(error.detail).to.contain('fewer conditions');
    });
  }

  it('counts the names of members as those of groups', () => {
    const filter = repeated(200, (at) => `members.display co "${at}"`);
    expectError(() => assertAffordable(parseFilter(filter, groupSchema)), 'tooMany');
  });
});
