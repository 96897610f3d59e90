import { expect } from 'chai';
import type { UserDocument } from '../../../src/scim/input/user.ts';
import { readUser, userObject } from '../../../src/scim/input/user.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { expectError } from './expect-error.ts';

const entra = 'Microsoft Learn, use-scim-to-provision-users-and-groups';
const okta = 'Okta developer docs, SCIM 2.0 reference';

/** What is said beside `userName: "bob"`, and what is read. */
type Row = readonly [source: string, what: string, body: object, expected: Partial<UserDocument>];

const table: readonly Row[] = [
  [
    'RFC 7643 2.1',
    'names in any case',
    { NAME: { givenname: 'B' } },
    { attributes: { name: { givenName: 'B' } } },
  ],
  [
    'RFC 7643 2.5',
    'null and [] as unassigned',
    { title: null, roles: [], name: { givenName: null } },
    { attributes: {} },
  ],
  [entra, 'nulls inside elements', { emails: [null, { value: null, type: null }] }, { attributes: {} }],
  [entra, '"" as unassigned', { title: '', externalId: '' }, { attributes: {} }],
  [
    entra,
    'client meta, unknown attributes, a misspelt extension',
    {
      meta: { resourceType: 'User' },
      shoeSize: 4,
      'urn:ietf:params:scim:schemas:extension:enterprize:2.0:User': { department: 'd' },
    },
    { attributes: {} },
  ],
  [
    okta,
    'id, groups, schemas, display: null',
    { id: '1', groups: [{ value: 'g' }], schemas: ['x'], display: null },
    { attributes: {} },
  ],
  [okta, 'a password', { password: 't1meMa$heen', PASSWORD: 5 }, { attributes: {} }],
  [
    'OneLogin',
    "SCIM 1.0's schema",
    { schemas: ['urn:scim:schemas:core:1.0'], title: 't' },
    { attributes: { title: 't' } },
  ],
  [
    'contract 4',
    'read-only attributes of ours',
    { [ROLLCALL_USER]: { status: 'active', joinedAt: 'x', access: [{ kind: 'x' }], organization: 'eu' } },
    { attributes: { [ROLLCALL_USER]: { organization: 'eu' } } },
  ],
  [
    'contract 4',
    'a start date',
    { [ROLLCALL_USER]: { startDate: '2024-02-29' } },
    { attributes: { [ROLLCALL_USER]: { startDate: '2024-02-29' } } },
  ],
  [
    entra,
    'a start date as employeeHireDate',
    { [`${ROLLCALL_USER}:startDate`]: '2024-02-28T00:00:00Z' },
    { attributes: { [ROLLCALL_USER]: { startDate: '2024-02-28' } } },
  ],
  ['compatibility page', 'a quoted boolean', { active: 'False' }, { active: false, attributes: {} }],
  [
    'Keycloak plugin',
    'a quoted boolean in small letters',
    { active: 'true' },
    { active: true, attributes: {} },
  ],
  ['Okta FAQ', 'no active', {}, { attributes: {} }],
  ['RFC 7643 2.5', 'active null', { active: null }, { attributes: {} }],
  ['contract 4', 'externalId', { externalid: 'E1' }, { externalId: 'E1', attributes: {} }],
  [
    entra,
    'a manager as a string',
    { [ENTERPRISE_USER]: { manager: 'm1' } },
    { attributes: { [ENTERPRISE_USER]: { manager: { value: 'm1' } } } },
  ],
  [
    entra,
    'a manager as an array',
    { [ENTERPRISE_USER]: { manager: [{ value: 'm1', $ref: null }] } },
    { attributes: { [ENTERPRISE_USER]: { manager: { value: 'm1' } } } },
  ],
  [
    entra,
    'a manager of nobody',
    { [ENTERPRISE_USER]: { manager: '', department: 'd' } },
    { attributes: { [ENTERPRISE_USER]: { department: 'd' } } },
  ],
  [entra, 'an empty extension', { [ENTERPRISE_USER]: {} }, { attributes: {} }],
  [
    'RFC 7643 4.3',
    'the name of the manager, which is read-only',
    { [ENTERPRISE_USER]: { manager: { value: 'm1', displayName: 'M' } } },
    { attributes: { [ENTERPRISE_USER]: { manager: { value: 'm1' } } } },
  ],
  [
    'compatibility page',
    'qualified keys',
    {
      [`${ENTERPRISE_USER}:Department`]: 'd',
      [`${CORE_USER}:title`]: 't',
      [`${ENTERPRISE_USER}:manager.value`]: 'm',
    },
    { attributes: { title: 't', [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm' } } } },
  ],
  [
    'compatibility page',
    'dotted keys',
    { 'name.familyName': 'F', name: { givenName: 'G' } },
    { attributes: { name: { familyName: 'F', givenName: 'G' } } },
  ],
  [
    'RFC 7644 3.10',
    'the core URN around the core',
    { [CORE_USER]: { title: 't', [CORE_USER]: { nickName: 'n' } } },
    { attributes: { title: 't' } },
  ],
  [
    'contract 4',
    'emails as strings',
    { emails: ['a@x.io', { Value: 'b@x.io' }] },
    { attributes: { emails: [{ value: 'a@x.io' }, { value: 'b@x.io' }] } },
  ],
  [
    'contract 4',
    'one object without its array',
    { phoneNumbers: { value: '1', type: 'mobile' } },
    { attributes: { phoneNumbers: [{ value: '1', type: 'mobile' }] } },
  ],
  [
    'MicrosoftDocs/entra-docs#391',
    'roles of any type, primary in quotes',
    { roles: [{ primary: 'True', type: 'anything', value: 'admin' }] },
    { attributes: { roles: [{ value: 'admin', type: 'anything', primary: true }] } },
  ],
  [
    'SCIM-SDK#516',
    'AppRoleAssignmentsComplex',
    {
      roles: [
        {
          value: '{"id":"1","value":"admin","displayName":"Admin"}',
          type: 'WindowsAzureActiveDirectoryRole',
        },
      ],
    },
    {
      attributes: { roles: [{ value: 'admin', display: 'Admin', type: 'WindowsAzureActiveDirectoryRole' }] },
    },
  ],
  [
    'SCIM-SDK#516',
    'JSON in JSON, so that it is read again as the same',
    { roles: [JSON.stringify({ value: JSON.stringify({ value: 'admin', displayName: 'A' }) })] },
    { attributes: { roles: [{ value: 'admin', display: 'A' }] } },
  ],
  [
    'SCIM-SDK#516',
    'AppRoleAssignmentsComplex as strings',
    { roles: ['{"value":"admin"}', '{"id":1}'] },
    { attributes: { roles: [{ value: 'admin' }, { value: '{"id":1}' }] } },
  ],
  [
    'RFC 7643 2.4',
    'one primary, the last',
    {
      emails: [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
    },
    {
      attributes: {
        emails: [
          { value: 'a', primary: false },
          { value: 'b', primary: true },
        ],
      },
    },
  ],
  [
    'RFC 7643 2.4',
    'an element that comes twice',
    {
      emails: [
        { value: 'a', type: 'work', primary: true },
        { value: 'b' },
        { type: 'work', value: 'a', display: 'A' },
      ],
    },
    { attributes: { emails: [{ value: 'a', display: 'A', type: 'work', primary: true }, { value: 'b' }] } },
  ],
  [
    'RFC 7643 2.4',
    'an address that comes twice',
    {
      addresses: [
        { type: 'work', locality: 'L' },
        { LOCALITY: 'L', type: 'work' },
      ],
    },
    { attributes: { addresses: [{ locality: 'L', type: 'work' }] } },
  ],
  [
    'RFC 7643 8.7.1',
    'a reference that is no URL',
    { profileUrl: 'not a url' },
    { attributes: { profileUrl: 'not a url' } },
  ],
  [
    'RFC 7643 2.3.6',
    'a certificate',
    { x509Certificates: [{ value: 'YWJj' }] },
    { attributes: { x509Certificates: [{ value: 'YWJj' }] } },
  ],
  [
    'azure-docs#42220',
    'a value in an array of one',
    { displayName: [{ $ref: null, value: 'User x' }] },
    { attributes: { displayName: 'User x' } },
  ],
  [
    'safety',
    '__proto__ and constructor as keys',
    JSON.parse(
      '{"__proto__":{"title":"x"},"constructor":{"prototype":{"x":1}},"name":{"__proto__":{"x":1}}}',
    ) as object,
    { attributes: {} },
  ],
];

describe('readUser: RFC 7644 sections 3.3 and 3.5.1', () => {
  for (const [source, what, body, expected] of table) {
    it(`reads ${what} (${source})`, () => {
      const user = readUser({ userName: 'bob', ...body });
      expect(user).to.deep.equal({ userName: 'bob', ...expected });
      expect(readUser(userObject(user)), 'read again').to.deep.equal(user);
    });
  }

  it('keeps the order of the schema, whatever was sent', () => {
    const one = readUser({
      title: 't',
      emails: [{ type: 'work', value: 'a' }],
      userName: 'bob',
      name: { givenName: 'G', familyName: 'F' },
    });
    const other = readUser({
      name: { familyName: 'F', givenName: 'G' },
      userName: 'bob',
      emails: [{ value: 'a', type: 'work' }],
      title: 't',
    });
    expect(JSON.stringify(one)).to.equal(JSON.stringify(other));
  });

  const refused: readonly [what: string, body: unknown, attribute: string][] = [
    ['no userName', {}, 'userName'],
    ['an empty userName', { userName: '' }, 'userName'],
    ['a blank userName', { userName: ' \t' }, 'userName'],
    ['a userName that is a number', { userName: 7 }, 'userName'],
    ['a userName of 256', { userName: 'x'.repeat(256) }, 'userName'],
    ['an object for a string', { userName: 'bob', title: {} }, 'title'],
    ['an array for a string', { userName: 'bob', title: ['x'] }, 'title'],
    ['a number for a sub-attribute', { userName: 'bob', name: { familyName: 1 } }, 'name.familyName'],
    ['a string for a name', { userName: 'bob', name: 'Bob' }, 'name'],
    ['a word for a boolean', { userName: 'bob', active: 'yes' }, 'active'],
    ['a number for a boolean', { userName: 'bob', active: 1 }, 'active'],
    ['a string for an address', { userName: 'bob', addresses: ['here'] }, 'addresses'],
    ['a number for an email', { userName: 'bob', emails: [1] }, 'emails'],
    ['an array in an array', { userName: 'bob', emails: [['a']] }, 'emails'],
    ['an object for the value of an email', { userName: 'bob', emails: [{ value: {} }] }, 'emails.value'],
    [
      'two managers',
      { userName: 'bob', [ENTERPRISE_USER]: { manager: ['a', 'b'] } },
      `${ENTERPRISE_USER}:manager`,
    ],
    ['a string for an extension', { userName: 'bob', [ENTERPRISE_USER]: 'x' }, ENTERPRISE_USER],
    [
      'a day that is not',
      { userName: 'bob', [ROLLCALL_USER]: { startDate: '2023-02-29' } },
      `${ROLLCALL_USER}:startDate`,
    ],
    [
      'a leap day that is not',
      { userName: 'bob', [ROLLCALL_USER]: { startDate: '1900-02-29' } },
      `${ROLLCALL_USER}:startDate`,
    ],
    ['a NUL', { userName: 'b\0b' }, 'userName'],
    ['a NUL in an element', { userName: 'bob', emails: ['a\0'] }, 'emails.value'],
    ['an unpaired surrogate', { userName: 'bob', title: '\ud800' }, 'title'],
    [
      'a certificate that is not base64',
      { userName: 'bob', x509Certificates: [{ value: '%' }] },
      'x509Certificates.value',
    ],
    ['a long value', { userName: 'bob', title: 'x'.repeat(4097) }, 'title'],
    ['a long address', { userName: 'bob', emails: ['x'.repeat(321)] }, 'emails.value'],
    [
      'a thousand and one values',
      { userName: 'bob', emails: Array.from({ length: 1001 }, (_, n) => String(n)) },
      'emails',
    ],
  ];
  for (const [what, body, attribute] of refused) {
    it(`refuses ${what}, naming ${attribute}`, () => {
      const error = expectError(() => readUser(body), 'invalidValue');
      expect(error.detail).to.contain(`"${attribute}"`);
    });
  }

  for (const body of [undefined, null, 'x', 1, true, []]) {
    it(`refuses ${JSON.stringify(body)} with invalidSyntax`, () => {
      expectError(() => readUser(body), 'invalidSyntax');
    });
  }

  it('never repeats a value in an error', () => {
    const error = expectError(() => readUser({ userName: 'bob', active: 's3cret' }), 'invalidValue');
    expect(error.detail).not.to.contain('s3cret');
  });
});
