import { expect } from 'chai';
import type { JsonObject } from '../../../src/scim/input/json.ts';
import { readUser } from '../../../src/scim/input/user.ts';
import { patchUser } from '../../../src/scim/patch/user.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { expectError } from './expect-error.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const entra = 'Microsoft Learn, use-scim-to-provision-users-and-groups';
const compatibility = 'Microsoft Learn, application-provisioning-config-problem-scim-compatibility';
const okta = 'Okta developer docs, SCIM 2.0 reference';

interface Shape {
  readonly source: string;
  readonly what: string;
  /** Beside `userName: "bob", active: true`. */
  readonly before?: JsonObject;
  readonly operations: readonly object[];
  readonly after: JsonObject;
}

const shapes: readonly Shape[] = [
  {
    source: compatibility,
    what: 'Replace active "False"',
    operations: [{ op: 'Replace', path: 'active', value: 'False' }],
    after: { active: false },
  },
  {
    source: okta,
    what: 'replace without a path',
    operations: [{ op: 'replace', value: { active: false } }],
    after: { active: false },
  },
  {
    source: 'Keycloak plugin',
    what: 'active "false"',
    operations: [{ op: 'replace', value: { active: 'false' } }],
    after: { active: false },
  },
  {
    source: compatibility,
    what: 'several operations at once, capitals',
    operations: [
      { op: 'Replace', path: 'NAME.givenname', value: 'B' },
      { op: 'Add', path: 'name.familyName', value: 'J' },
      { op: 'Replace', path: 'displayName', value: 'B J' },
    ],
    after: { name: { familyName: 'J', givenName: 'B' }, displayName: 'B J' },
  },
  {
    source: 'Captain-P-Goldfish/SCIM-SDK#416',
    what: 'Add to an email that is not there yet',
    operations: [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'b@x.io' }],
    after: { emails: [{ value: 'b@x.io', type: 'work' }] },
  },
  {
    source: 'Captain-P-Goldfish/SCIM-SDK#416',
    what: 'Replace in an email that is not there yet, siblings stay',
    before: { emails: [{ value: 'h@x.io', type: 'home' }] },
    operations: [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@x.io' }],
    after: {
      emails: [
        { value: 'h@x.io', type: 'home' },
        { value: 'b@x.io', type: 'work' },
      ],
    },
  },
  {
    source: 'Captain-P-Goldfish/SCIM-SDK#668',
    what: 'an address built up over several operations is made once',
    operations: [
      { op: 'Add', path: 'addresses[type eq "work"].formatted', value: 'F' },
      { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'L' },
      { op: 'Replace', path: 'addresses[type eq "work"].postalCode', value: 'P' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '1' },
    ],
    after: {
      phoneNumbers: [{ value: '1', type: 'mobile' }],
      addresses: [{ formatted: 'F', locality: 'L', postalCode: 'P', type: 'work' }],
    },
  },
  {
    source: 'Captain-P-Goldfish/SCIM-SDK#416',
    what: 'an element that is there is changed, whatever the case of its type',
    before: { emails: [{ value: 'a@x.io', type: 'Work', primary: true }] },
    operations: [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'b@x.io' }],
    after: { emails: [{ value: 'b@x.io', type: 'Work', primary: true }] },
  },
  {
    source: 'MicrosoftDocs/entra-docs#391',
    what: 'roles[primary eq "True"] made over three operations',
    operations: [
      { op: 'Add', path: 'roles[primary eq "True"].display', value: 'Admin' },
      { op: 'Add', path: 'roles[primary eq "True"].value', value: 'admin' },
      { op: 'Add', path: 'roles[primary eq "True"].type', value: 'anything' },
    ],
    after: { roles: [{ value: 'admin', display: 'Admin', type: 'anything', primary: true }] },
  },
  {
    source: 'MicrosoftDocs/entra-docs#391',
    what: 'roles[primary eq "True"] matched',
    before: { roles: [{ value: 'viewer', primary: true }, { value: 'x' }] },
    operations: [{ op: 'Replace', path: 'roles[primary eq "True"].value', value: 'admin' }],
    after: { roles: [{ value: 'admin', primary: true }, { value: 'x' }] },
  },
  {
    source: 'SCIM-SDK#516',
    what: 'AppRoleAssignmentsComplex',
    operations: [
      {
        op: 'Add',
        path: 'roles',
        value: [
          {
            value: '{"id":"1","value":"admin","displayName":"Admin"}',
            type: 'WindowsAzureActiveDirectoryRole',
          },
          { value: '{"id":"2","value":"tester","displayName":"Tester"}' },
        ],
      },
    ],
    after: {
      roles: [
        { value: 'admin', display: 'Admin', type: 'WindowsAzureActiveDirectoryRole' },
        { value: 'tester', display: 'Tester' },
      ],
    },
  },
  {
    source: entra,
    what: 'a manager as a bare string',
    operations: [{ op: 'Add', path: `${ENTERPRISE_USER}:manager`, value: 'm1' }],
    after: { [ENTERPRISE_USER]: { manager: { value: 'm1' } } },
  },
  {
    source: entra,
    what: 'another manager, whose $ref is not the old one',
    before: { [ENTERPRISE_USER]: { manager: { value: 'm1', $ref: '../Users/m1' } } },
    operations: [{ op: 'Replace', path: `${ENTERPRISE_USER}:manager`, value: 'm2' }],
    after: { [ENTERPRISE_USER]: { manager: { value: 'm2' } } },
  },
  {
    source: entra,
    what: '"" as the manager',
    before: { [ENTERPRISE_USER]: { manager: { value: 'm1', $ref: 'x' }, department: 'd' } },
    operations: [{ op: 'Replace', path: `${ENTERPRISE_USER}:manager`, value: '' }],
    after: { [ENTERPRISE_USER]: { department: 'd' } },
  },
  {
    source: entra,
    what: 'a manager as an array',
    operations: [{ op: 'Add', path: `${ENTERPRISE_USER}:manager`, value: [{ $ref: 'u/m1', value: 'm1' }] }],
    after: { [ENTERPRISE_USER]: { manager: { value: 'm1', $ref: 'u/m1' } } },
  },
  {
    source: entra,
    what: 'manager.value where there is no manager',
    operations: [{ op: 'Add', path: `${ENTERPRISE_USER}:manager.value`, value: 'm1' }],
    after: { [ENTERPRISE_USER]: { manager: { value: 'm1' } } },
  },
  {
    source: compatibility,
    what: 'aadOptscim062020: dotted keys, qualified keys, whole extensions, filtered keys, without a path',
    before: { name: { middleName: 'M' }, [ENTERPRISE_USER]: { costCenter: 'c' } },
    operations: [
      {
        op: 'replace',
        value: {
          displayName: 'Bjfe',
          'name.givenName': 'Kkom',
          'name.familyName': 'Unua',
          'emails[type eq "work"].value': 'k@x.io',
          [`${ENTERPRISE_USER}:employeeNumber`]: 'Aklq',
          [`${ENTERPRISE_USER}:department`]: 'd',
          [ENTERPRISE_USER]: { division: 'v', manager: 'm' },
          [ROLLCALL_USER]: { organization: 'eu', status: 'inactive' },
        },
      },
    ],
    after: {
      name: { familyName: 'Unua', givenName: 'Kkom', middleName: 'M' },
      displayName: 'Bjfe',
      emails: [{ value: 'k@x.io', type: 'work' }],
      [ENTERPRISE_USER]: {
        employeeNumber: 'Aklq',
        costCenter: 'c',
        division: 'v',
        department: 'd',
        manager: { value: 'm' },
      },
      [ROLLCALL_USER]: { organization: 'eu' },
    },
  },
  {
    source: 'MicrosoftDocs/azure-docs#42220',
    what: 'a value in an array of one',
    operations: [{ op: 'Replace', path: 'displayName', value: [{ $ref: null, value: 'User x' }] }],
    after: { displayName: 'User x' },
  },
  { source: compatibility, what: 'no operations', operations: [], after: {} },
  {
    source: okta,
    what: 'id, meta, groups and schemas sent along',
    operations: [
      { op: 'replace', value: { id: 'x', meta: {}, groups: [], schemas: ['y'], display: null, title: 't' } },
    ],
    after: { title: 't' },
  },
  {
    source: okta,
    what: 'a password',
    operations: [
      { op: 'replace', path: 'password', value: 'x' },
      { op: 'replace', value: { password: 'y' } },
    ],
    after: {},
  },
  {
    source: 'SailPoint',
    what: 'a part of a complex attribute, the rest stays',
    before: { name: { familyName: 'F', givenName: 'G' } },
    operations: [{ op: 'replace', path: 'name', value: { givenName: 'N' } }],
    after: { name: { familyName: 'F', givenName: 'N' } },
  },
  {
    source: 'JumpCloud; simpleidserver/SimpleIdServer#244',
    what: 'remove with a list of values takes only those',
    before: { emails: [{ value: 'a', type: 'work' }, { value: 'b' }, { value: 'c', primary: true }] },
    operations: [{ op: 'Remove', path: 'emails', value: [{ $ref: null, value: 'a' }, { value: 'c' }, 'z'] }],
    after: { emails: [{ value: 'b' }] },
  },
];

describe('patchUser: the dialects of identity providers', () => {
  for (const { source, what, before, operations, after } of shapes) {
    it(`${what} (${source})`, () => {
      const current = readUser({ userName: 'bob', active: true, ...before });
      const patched = patchUser(current, { schemas: [PATCH_OP], Operations: operations });
      expect(patched).to.deep.equal(readUser({ userName: 'bob', active: true, ...before, ...after }));
      expect(readUser({ userName: 'bob', active: true, ...before })).to.deep.equal(current);
    });
  }

  it(`refuses the whole request for one path that no schema has (${entra})`, () => {
    const current = readUser({ userName: 'bob', title: 'old' });
    const Operations = [
      { op: 'Replace', path: 'title', value: 'new' },
      { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:custom:2.0:User:shoeSize', value: '4' },
    ];
    expectError(() => patchUser(current, { schemas: [PATCH_OP], Operations }), 'invalidPath');
    expect(current).to.deep.equal(readUser({ userName: 'bob', title: 'old' }));
  });
});
