import { expect } from 'chai';
import type { JsonObject } from '../../../src/scim/input/json.ts';
import { readUser } from '../../../src/scim/input/user.ts';
import { patchUser } from '../../../src/scim/patch/user.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { ScimType } from '../../../src/scim/scim-error.ts';
import { expectError } from './expect-error.ts';

const work = { value: 'w@x.io', type: 'work', primary: true };
const home = { value: 'h@x.io', type: 'home' };
const base: JsonObject = {
  userName: 'bob',
  externalId: 'E1',
  active: true,
  name: { familyName: 'F', givenName: 'G' },
  title: 't',
  emails: [work, home],
  [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm1', $ref: 'u/m1' } },
};

interface Case {
  readonly what: string;
  readonly operation: object;
  /** Members of the user after it that differ from `base`; undefined for one that is gone. */
  readonly after: Readonly<Record<string, JsonObject[string] | undefined>>;
}

const add: readonly Case[] = [
  { what: 'a new attribute', operation: { path: 'nickName', value: 'n' }, after: { nickName: 'n' } },
  {
    what: 'an attribute that is there: replaced',
    operation: { path: 'title', value: 'n' },
    after: { title: 'n' },
  },
  { what: 'userName', operation: { path: 'userName', value: 'rob' }, after: { userName: 'rob' } },
  { what: 'externalId', operation: { path: 'externalId', value: 'E2' }, after: { externalId: 'E2' } },
  {
    what: 'to a complex attribute',
    operation: { path: 'name', value: { middleName: 'M' } },
    after: { name: { familyName: 'F', givenName: 'G', middleName: 'M' } },
  },
  {
    what: 'an element',
    operation: { path: 'emails', value: [{ value: 'n@x.io' }] },
    after: { emails: [work, home, { value: 'n@x.io' }] },
  },
  {
    what: 'an element without its array',
    operation: { path: 'emails', value: { value: 'n@x.io' } },
    after: { emails: [work, home, { value: 'n@x.io' }] },
  },
  {
    what: 'an element as a string',
    operation: { path: 'emails', value: 'n@x.io' },
    after: { emails: [work, home, { value: 'n@x.io' }] },
  },
  { what: 'an element that is there: nothing', operation: { path: 'emails', value: [home] }, after: {} },
  {
    what: 'an element whose value and type are there: its other parts',
    operation: { path: 'emails', value: [{ ...home, display: 'H' }] },
    after: { emails: [work, { value: 'h@x.io', display: 'H', type: 'home' }] },
  },
  {
    what: 'a new primary: the old one is none any more',
    operation: { path: 'emails', value: [{ value: 'n', primary: true }] },
    after: { emails: [{ ...work, primary: false }, home, { value: 'n', primary: true }] },
  },
  {
    what: 'primary to another element',
    operation: { path: 'emails[type eq "home"].primary', value: true },
    after: {
      emails: [
        { ...work, primary: false },
        { ...home, primary: true },
      ],
    },
  },
  { what: 'nothing', operation: { path: 'emails', value: [] }, after: {} },
  {
    what: 'nothing to a selected element',
    operation: { path: 'emails[type eq "work"].primary', value: null },
    after: {},
  },
  {
    what: 'parts of a selected element',
    operation: { path: 'emails[type eq "work"]', value: { display: 'W' } },
    after: { emails: [{ ...work, display: 'W' }, home] },
  },
  {
    what: 'an element that a filter describes',
    operation: { path: 'emails[type eq "other" and primary eq "True"]', value: { value: 'o' } },
    after: { emails: [{ ...work, primary: false }, home, { value: 'o', type: 'other', primary: true }] },
  },
  {
    what: 'a sub-attribute of all elements',
    operation: { path: 'emails.display', value: 'D' },
    after: {
      emails: [
        { ...work, display: 'D' },
        { ...home, display: 'D' },
      ],
    },
  },
  {
    what: 'a sub-attribute where there is no element',
    operation: { path: 'ims.value', value: 'i' },
    after: { ims: [{ value: 'i' }] },
  },
  {
    what: 'an extension',
    operation: {
      path: ROLLCALL_USER,
      value: { organization: 'eu', startDate: '2024-01-02', status: 'pending' },
    },
    after: { [ROLLCALL_USER]: { organization: 'eu', startDate: '2024-01-02' } },
  },
  {
    what: 'without a path',
    operation: {
      value: {
        nickName: 'n',
        emails: ['n@x.io'],
        name: { middleName: 'M' },
        unknown: 1,
        'emails[nonsense': 1,
      },
    },
    after: {
      nickName: 'n',
      emails: [work, home, { value: 'n@x.io' }],
      name: { familyName: 'F', givenName: 'G', middleName: 'M' },
    },
  },
  {
    what: 'without a path, the core URN around the core',
    operation: { value: { [CORE_USER]: { nickName: 'n' } } },
    after: { nickName: 'n' },
  },
  { what: 'schemas: ours to tell', operation: { path: 'schemas', value: ['urn:x'] }, after: {} },
];

const replace: readonly Case[] = [
  { what: 'an attribute', operation: { path: 'title', value: 'n' }, after: { title: 'n' } },
  {
    what: 'an attribute that is not there: added',
    operation: { path: 'nickName', value: 'n' },
    after: { nickName: 'n' },
  },
  { what: 'by null', operation: { path: 'title', value: null }, after: { title: undefined } },
  { what: 'by ""', operation: { path: 'title', value: '' }, after: { title: undefined } },
  {
    what: 'externalId by null',
    operation: { path: 'externalId', value: null },
    after: { externalId: undefined },
  },
  { what: 'active by null: stays', operation: { path: 'active', value: null }, after: {} },
  {
    what: 'a sub-attribute',
    operation: { path: 'name.givenName', value: 'N' },
    after: { name: { familyName: 'F', givenName: 'N' } },
  },
  {
    what: 'a sub-attribute by null',
    operation: { path: 'name.givenName', value: null },
    after: { name: { familyName: 'F' } },
  },
  {
    what: 'a part of a complex attribute by null',
    operation: { path: 'name', value: { givenName: null } },
    after: { name: { familyName: 'F' } },
  },
  {
    what: 'a complex attribute by null',
    operation: { path: 'name', value: null },
    after: { name: undefined },
  },
  {
    what: 'all elements',
    operation: { path: 'emails', value: [{ value: 'n' }] },
    after: { emails: [{ value: 'n' }] },
  },
  { what: 'all elements by none', operation: { path: 'emails', value: [] }, after: { emails: undefined } },
  {
    what: 'a selected element',
    operation: { path: 'emails[value eq "w@x.io"]', value: { value: 'n', type: 'other' } },
    after: { emails: [{ value: 'n', type: 'other' }, home] },
  },
  {
    what: 'a selected element, keeping what selected it',
    operation: { path: 'emails[type eq "work"]', value: { value: 'n' } },
    after: { emails: [{ value: 'n', type: 'work' }, home] },
  },
  {
    what: 'a selected element by null',
    operation: { path: 'emails[type eq "work"]', value: null },
    after: { emails: [home] },
  },
  {
    what: 'a sub-attribute of several selected elements',
    operation: { path: 'emails[value ew "@x.io"].display', value: 'D' },
    after: {
      emails: [
        { ...work, display: 'D' },
        { ...home, display: 'D' },
      ],
    },
  },
  {
    what: 'a sub-attribute of a selected element by null',
    operation: { path: 'emails[type eq "work"].primary', value: null },
    after: { emails: [{ value: 'w@x.io', type: 'work' }, home] },
  },
  {
    what: 'by null where a filter selects nothing',
    operation: { path: 'emails[type eq "other"].value', value: null },
    after: {},
  },
  {
    what: 'a manager by another',
    operation: { path: `${ENTERPRISE_USER}:manager`, value: { value: 'm2' } },
    after: { [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm2' } } },
  },
  {
    what: 'a manager with its $ref',
    operation: { path: `${ENTERPRISE_USER}:manager`, value: { $ref: 'u/m2', value: 'm2' } },
    after: { [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm2', $ref: 'u/m2' } } },
  },
  {
    what: 'the manager by itself: its $ref stays',
    operation: { path: `${ENTERPRISE_USER}:manager.value`, value: 'm1' },
    after: {},
  },
  {
    what: 'a part of an extension',
    operation: { path: ENTERPRISE_USER, value: { department: 'n' } },
    after: { [ENTERPRISE_USER]: { department: 'n', manager: { value: 'm1', $ref: 'u/m1' } } },
  },
  {
    what: 'without a path',
    operation: { value: { title: null, emails: ['n'], id: 'x', groups: [] } },
    after: { title: undefined, emails: [{ value: 'n' }] },
  },
];

const remove: readonly Case[] = [
  { what: 'an attribute', operation: { path: 'title' }, after: { title: undefined } },
  { what: 'an attribute that is not there', operation: { path: 'nickName' }, after: {} },
  {
    what: 'an attribute, with a value',
    operation: { path: 'title', value: 'x' },
    after: { title: undefined },
  },
  { what: 'active: stays', operation: { path: 'active' }, after: {} },
  { what: 'a sub-attribute', operation: { path: 'name.givenName' }, after: { name: { familyName: 'F' } } },
  { what: 'a complex attribute', operation: { path: 'name' }, after: { name: undefined } },
  { what: 'all elements', operation: { path: 'emails' }, after: { emails: undefined } },
  {
    what: 'all elements, with null',
    operation: { path: 'emails', value: null },
    after: { emails: undefined },
  },
  { what: 'the elements of an empty list: none', operation: { path: 'emails', value: [] }, after: {} },
  {
    what: 'an element by value and type',
    operation: {
      path: 'emails',
      value: [
        { value: 'w@x.io', type: 'home' },
        { value: 'h@x.io', type: 'home' },
      ],
    },
    after: { emails: [work] },
  },
  {
    what: 'an element by its other parts',
    operation: { path: 'emails', value: [{ type: 'home' }] },
    after: { emails: [work] },
  },
  {
    what: 'selected elements',
    operation: { path: 'emails[not (type eq "home")]' },
    after: { emails: [home] },
  },
  {
    what: 'selected elements, all of them',
    operation: { path: 'emails[value pr]' },
    after: { emails: undefined },
  },
  { what: 'elements that are not there', operation: { path: 'emails[type eq "other"]' }, after: {} },
  {
    what: 'a sub-attribute of a selected element',
    operation: { path: 'emails[type eq "work"].primary' },
    after: { emails: [{ value: 'w@x.io', type: 'work' }, home] },
  },
  {
    what: 'the value of a selected element: no label stays alone',
    operation: { path: 'emails[type eq "work"].value' },
    after: { emails: [home] },
  },
  {
    what: 'a sub-attribute of all elements',
    operation: { path: 'emails.type' },
    after: { emails: [{ value: 'w@x.io', primary: true }, { value: 'h@x.io' }] },
  },
  {
    what: 'an attribute of an extension',
    operation: { path: `${ENTERPRISE_USER}:department` },
    after: { [ENTERPRISE_USER]: { manager: { value: 'm1', $ref: 'u/m1' } } },
  },
  {
    what: 'the value of a manager: its $ref goes too',
    operation: { path: `${ENTERPRISE_USER}:manager.value` },
    after: { [ENTERPRISE_USER]: { department: 'd' } },
  },
  { what: 'an extension', operation: { path: ENTERPRISE_USER }, after: { [ENTERPRISE_USER]: undefined } },
];

const refused: readonly [what: string, operation: unknown, scimType: ScimType][] = [
  ['an operation that is none', { op: 'move', path: 'title' }, 'invalidSyntax'],
  ['an operation without op', { path: 'title', value: 'x' }, 'invalidSyntax'],
  ['an operation that is no object', 'add', 'invalidSyntax'],
  ['a path that is a number', { op: 'add', path: 1, value: 'x' }, 'invalidPath'],
  ['an unknown path', { op: 'remove', path: 'shoeSize' }, 'invalidPath'],
  ['a path into a prototype', { op: 'add', path: '__proto__.x', value: 1 }, 'invalidPath'],
  ['add without a value', { op: 'add', path: 'title' }, 'invalidValue'],
  ['replace without a value', { op: 'replace', path: 'title' }, 'invalidValue'],
  ['add without a path of a string', { op: 'add', value: 'x' }, 'invalidValue'],
  ['replace without a path of a list', { op: 'replace', value: [{ title: 'x' }] }, 'invalidValue'],
  ['remove without a path', { op: 'remove', value: { title: 'x' } }, 'noTarget'],
  ['remove with an empty path', { op: 'remove', path: '' }, 'noTarget'],
  ['remove of userName', { op: 'remove', path: 'userName' }, 'mutability'],
  ['userName by null', { op: 'replace', path: 'userName', value: null }, 'invalidValue'],
  ['remove of schemas', { op: 'remove', path: 'schemas' }, 'mutability'],
  ['id', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
  ['meta.version', { op: 'replace', path: 'meta.version', value: 'x' }, 'mutability'],
  ['groups', { op: 'add', path: 'groups', value: [{ value: 'g' }] }, 'mutability'],
  ['groups by a filter', { op: 'remove', path: 'groups[value eq "g"]' }, 'mutability'],
  ['status', { op: 'replace', path: `${ROLLCALL_USER}:status`, value: 'active' }, 'mutability'],
  [
    "the manager's name",
    { op: 'replace', path: `${ENTERPRISE_USER}:manager.displayName`, value: 'x' },
    'mutability',
  ],
  [
    'replace where another filter than eq selects nothing',
    { op: 'replace', path: 'emails[type sw "oth"].value', value: 'x' },
    'noTarget',
  ],
  [
    'replace where a filter with or selects nothing',
    { op: 'replace', path: 'emails[type eq "a" or type eq "b"].value', value: 'x' },
    'noTarget',
  ],
  [
    'add where a filter with ne selects nothing',
    { op: 'add', path: 'ims[type ne "x"].value', value: 'x' },
    'noTarget',
  ],
  [
    'two objects for a selected element',
    { op: 'replace', path: 'emails[type eq "work"]', value: [{ value: 'a' }, { value: 'b' }] },
    'invalidValue',
  ],
  ['a filter that cannot be read', { op: 'remove', path: 'emails[type is "work"]' }, 'invalidFilter'],
  ['a wrong type', { op: 'replace', path: 'active', value: 'yes' }, 'invalidValue'],
  ['a wrong type without a path', { op: 'replace', value: { name: { givenName: 1 } } }, 'invalidValue'],
  ['a NUL', { op: 'replace', path: 'emails[type eq "work"].value', value: '\0' }, 'invalidValue'],
];

describe('patchUser: RFC 7644 section 3.5.2', () => {
  for (const [op, cases] of Object.entries({ add, replace, remove })) {
    for (const { what, operation, after } of cases) {
      it(`${op}: ${what}`, () => {
        const before = readUser(base);
        const expected = Object.fromEntries(
          Object.entries({ ...base, ...after }).filter(([, value]) => value !== undefined),
        );
        expect(patchUser(before, { Operations: [{ op, ...operation }] })).to.deep.equal(readUser(expected));
        expect(before, 'the user before').to.deep.equal(readUser(base));
      });
    }
  }

  for (const [what, operation, scimType] of refused) {
    it(`refuses ${what} with ${scimType}, whole`, () => {
      const before = readUser(base);
      const Operations = [{ op: 'replace', path: 'title', value: 'new' }, operation];
      expectError(() => patchUser(before, { Operations }), scimType);
      expect(before).to.deep.equal(readUser(base));
    });
  }

  for (const body of [null, [], {}, { Operations: {} }, { schemas: [CORE_USER], Operations: [] }]) {
    it(`refuses ${JSON.stringify(body)} with invalidSyntax`, () => {
      expectError(() => patchUser(readUser(base), body), 'invalidSyntax');
    });
  }

  it('lets the newer primary win, wherever it stands', () => {
    const before = readUser({ userName: 'bob', emails: [home, { ...work, primary: true }] });
    const Operations = [{ op: 'add', path: 'emails[type eq "home"].primary', value: 'True' }];
    expect(patchUser(before, { Operations }).attributes['emails']).to.deep.equal([
      { ...home, primary: true },
      { ...work, primary: false },
    ]);
  });

  it('takes Operations and op in any case', () => {
    const patched = patchUser(readUser(base), { operations: [{ OP: 'REPLACE', Path: 'TITLE', Value: 'n' }] });
    expect(patched.attributes['title']).to.equal('n');
  });

  it('refuses more than a thousand operations with 413', () => {
    const Operations = Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 'x' }));
    expectError(() => patchUser(readUser(base), { Operations }), undefined, 413);
  });

  it('bounds the elements that operations pile up', () => {
    const Operations = Array.from({ length: 3 }, (_, block) => ({
      op: 'add',
      path: 'entitlements',
      value: Array.from({ length: 400 }, (__, n) => ({ value: `${block}-${n}` })),
    }));
    expectError(() => patchUser(readUser(base), { Operations }), 'invalidValue');
  });

  it('gives the same text for a change of nothing', () => {
    const before = readUser(base);
    const Operations = [
      { op: 'add', path: 'emails', value: [home, work] },
      { op: 'replace', value: { name: { givenName: 'G' }, active: 'True', title: 't' } },
    ];
    expect(JSON.stringify(patchUser(before, { Operations }))).to.equal(JSON.stringify(before));
  });
});
