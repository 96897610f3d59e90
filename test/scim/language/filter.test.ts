import { expect } from 'chai';
import type { AttributeRef, Condition, Operator, ValueType } from '../../../src/core/shared/condition.ts';
import { parseFilter } from '../../../src/scim/filter/parser.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { evaluate } from '../../support/evaluate.ts';

function ref(
  path: string | readonly string[],
  type: ValueType = 'string',
  extra: Partial<AttributeRef> = {},
): AttributeRef {
  const segments = typeof path === 'string' ? path.split('.').filter((name) => name !== '') : path;
  return { path: segments, type, caseExact: false, multiValued: false, ...extra };
}

function compare(attribute: AttributeRef, operator: Operator, value: string | number | boolean): Condition {
  return { kind: 'compare', attribute, operator, value };
}

const present = (attribute: AttributeRef): Condition => ({ kind: 'present', attribute });
const not = (of: Condition): Condition => ({ kind: 'not', of });
const and = (...of: Condition[]): Condition => ({ kind: 'and', of });
const or = (...of: Condition[]): Condition => ({ kind: 'or', of });
const many = (name: string, type: ValueType = 'complex'): AttributeRef =>
  ref(name, type, { multiValued: true });
const element = (name: string, where: Condition): Condition => ({
  kind: 'element',
  attribute: many(name),
  where,
});

const bob = compare(ref('userName'), 'eq', 'bob');
const work = compare(ref('type'), 'eq', 'work');

describe('parseFilter: RFC 7644 section 3.4.2.2', () => {
  const table: readonly [what: string, filter: string, expected: Condition][] = [
    ['a string', 'userName eq "bob"', bob],
    ['operators and names in any case', 'USERNAME Eq "bob"', bob],
    ['spaces of every kind', ' \tuserName\neq  "bob" ', bob],
    ['escapes', String.raw`nickName co "a\"b\\c\u00e9)]"`, compare(ref('nickName'), 'co', 'a"b\\cé)]')],
    ['an empty string', 'title eq ""', compare(ref('title'), 'eq', '')],
    ['sw', 'title sw "x"', compare(ref('title'), 'sw', 'x')],
    ['ew', 'title ew "x"', compare(ref('title'), 'ew', 'x')],
    ['ne', 'title ne "x"', compare(ref('title'), 'ne', 'x')],
    ['gt on a string', 'title gt "x"', compare(ref('title'), 'gt', 'x')],
    ['a sub-attribute', 'name.familyName eq "x"', compare(ref('name.familyName'), 'eq', 'x')],
    ['caseExact of id', 'id eq "X"', compare(ref('id', 'string', { caseExact: true }), 'eq', 'X')],
    ['a boolean', 'active eq true', compare(ref('active', 'boolean'), 'eq', true)],
    [
      'a dateTime',
      'meta.lastModified gt "2011-05-13T04:42:34Z"',
      compare(ref('meta.lastModified', 'dateTime'), 'gt', '2011-05-13T04:42:34Z'),
    ],
    [
      'a dateTime whose + was lost in the query',
      'meta.created le "2011-05-13T04:42:34.5 02:00"',
      compare(ref('meta.created', 'dateTime'), 'le', '2011-05-13T04:42:34.5+02:00'),
    ],
    [
      'a dateTime without a zone',
      'meta.created le "2011-05-13T04:42:34"',
      compare(ref('meta.created', 'dateTime'), 'le', '2011-05-13T04:42:34Z'),
    ],
    ['pr', 'title pr', present(ref('title'))],
    ['eq null', 'title eq null', not(present(ref('title')))],
    ['ne null', 'title ne null', present(ref('title'))],
    ['the string null', 'title eq "null"', compare(ref('title'), 'eq', 'null')],
    [
      'and before or',
      'userName eq "bob" or title pr and active pr',
      or(bob, and(present(ref('title')), present(ref('active', 'boolean')))),
    ],
    [
      'parentheses',
      '(userName eq "bob" or title pr) and title pr',
      and(or(bob, present(ref('title'))), present(ref('title'))),
    ],
    ['not before and', 'not (userName eq "bob") and title pr', and(not(bob), present(ref('title')))],
    ['not without a space', 'not(userName eq "bob")', not(bob)],
    ['chains', 'userName eq "bob" and userName eq "bob" and userName eq "bob"', and(bob, bob, bob)],
    ['a multi-valued attribute', 'emails pr', present(many('emails'))],
    ['its sub-attribute', 'emails.value eq "x"', element('emails', compare(ref('value'), 'eq', 'x'))],
    ['presence of its sub-attribute', 'emails.type pr', element('emails', present(ref('type')))],
    ['a value path', 'emails[type eq "work"]', element('emails', work)],
    [
      'a value path of every kind',
      'emails[type eq "work" and not (value co "x" or primary eq true)]',
      element(
        'emails',
        and(work, not(or(compare(ref('value'), 'co', 'x'), compare(ref('primary', 'boolean'), 'eq', true)))),
      ),
    ],
    [
      'two conditions that meet in one element',
      'emails[type eq "work"].value eq "x"',
      element('emails', and(work, compare(ref('value'), 'eq', 'x'))),
    ],
    [
      'a presence after brackets',
      'emails[type eq "work"].value pr',
      element('emails', and(work, present(ref('value')))),
    ],
    [
      'a complex attribute by its value',
      'members eq "x"',
      element('members', compare(ref('value'), 'eq', 'x')),
    ],
    ['the core URN', `${CORE_USER}:userName eq "bob"`, bob],
    [
      'an extension',
      `${ENTERPRISE_USER.toUpperCase()}:department eq "x"`,
      compare(ref([ENTERPRISE_USER, 'department']), 'eq', 'x'),
    ],
    [
      'a complex attribute of an extension',
      `${ENTERPRISE_USER}:manager eq "x"`,
      compare(ref([ENTERPRISE_USER, 'manager', 'value']), 'eq', 'x'),
    ],
    ['a whole extension', `${ROLLCALL_USER} pr`, present(ref([ROLLCALL_USER], 'complex'))],
    [
      'a multi-valued attribute of an extension',
      `${ROLLCALL_USER}:access[kind eq "project_role"].level eq "tester"`,
      {
        kind: 'element',
        attribute: { path: [ROLLCALL_USER, 'access'], type: 'complex', caseExact: false, multiValued: true },
        where: and(compare(ref('kind'), 'eq', 'project_role'), compare(ref('level'), 'eq', 'tester')),
      },
    ],
    [
      'brackets after an attribute of one value',
      'name[familyName eq "x"]',
      and(present(ref('name', 'complex')), compare(ref('name.familyName'), 'eq', 'x')),
    ],
    [
      'values that are not complex',
      'schemas eq "urn:x"',
      {
        kind: 'element',
        attribute: many('schemas', 'reference'),
        where: compare(ref('', 'reference'), 'eq', 'urn:x'),
      },
    ],
    [
      'such values, called value',
      'schemas[value eq "urn:x"]',
      {
        kind: 'element',
        attribute: many('schemas', 'reference'),
        where: compare(ref('', 'reference'), 'eq', 'urn:x'),
      },
    ],
  ];
  for (const [what, filter, expected] of table) {
    it(`reads ${what}: ${filter}`, () => {
      const schema = filter.startsWith('members') ? groupSchema : userSchema;
      expect(parseFilter(filter, schema)).to.deep.equal(expected);
    });
  }

  it('lets two conditions meet in one element only', () => {
    const filter = parseFilter('emails[type eq "work"].value eq "a@x.io"', userSchema);
    expect(evaluate(filter, { emails: [{ type: 'work', value: 'A@x.io' }] })).to.equal(true);
    expect(
      evaluate(filter, {
        emails: [
          { type: 'work', value: 'b@x.io' },
          { type: 'home', value: 'a@x.io' },
        ],
      }),
    ).to.equal(false);
  });
});

describe('parseFilter: what identity providers send', () => {
  const guid = 'c7b4f1c0-9a3e-4a53-8a53-5f6f6b6a3e11';
  const table: readonly [source: string, filter: string, expected: Condition][] = [
    // Microsoft Learn, use-scim-to-provision-users-and-groups; grokability/snipe-it#14708
    ['Entra ID, Test Connection', `userName eq "${guid}"`, compare(ref('userName'), 'eq', guid)],
    [
      'Entra ID, matching by mail',
      'emails[type eq "work"].value eq "bob@x.io"',
      element('emails', and(work, compare(ref('value'), 'eq', 'bob@x.io'))),
    ],
    [
      'Entra ID, matching by two',
      'userName eq "bob" and externalId eq "E1"',
      and(bob, compare(ref('externalId', 'string', { caseExact: true }), 'eq', 'E1')),
    ],
    // OctopusDeploy/Issues#9841
    ['Entra ID, unquoted', 'userName eq bob@x.io', compare(ref('userName'), 'eq', 'bob@x.io')],
    ['Entra ID, unquoted in parentheses', '(userName eq bob)', bob],
    ['Entra ID, quoted boolean', 'active eq "True"', compare(ref('active', 'boolean'), 'eq', true)],
    [
      'Entra ID, quoted boolean in brackets',
      'roles[primary eq "True"]',
      element('roles', compare(ref('primary', 'boolean'), 'eq', true)),
    ],
    // Okta developer docs, SCIM 2.0 reference
    ['Okta', 'userName eq "bob"', bob],
    ['PingFederate', 'emails eq "bob@x.io"', element('emails', compare(ref('value'), 'eq', 'bob@x.io'))],
    [
      'authentik, unquoted',
      'externalId eq 0a1b-2c',
      compare(ref('externalId', 'string', { caseExact: true }), 'eq', '0a1b-2c'),
    ],
    [
      'authentik, a number for a string',
      'externalId eq 17',
      compare(ref('externalId', 'string', { caseExact: true }), 'eq', '17'),
    ],
    ['GitHub documentation, single quotes', "emails[type eq 'work']", element('emails', work)],
  ];
  for (const [source, filter, expected] of table) {
    it(`reads ${source}: ${filter}`, () => {
      expect(parseFilter(filter, userSchema)).to.deep.equal(expected);
    });
  }
});
