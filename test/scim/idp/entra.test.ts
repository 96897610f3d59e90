import { expect } from 'chai';
import { ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { startApp } from '../../support/app.ts';
import { newWorkspace, type Resource, sharedApp } from '../http/client.ts';
import { queriesOf } from '../http/queries.ts';
import { written } from '../http/resources.ts';
import { type Dialect, type Fixture, patch } from './fixture.ts';
import { runFixtures } from './runner.ts';

const learn = 'Microsoft Learn, use-scim-to-provision-users-and-groups';
const compatibility = 'Microsoft Learn, application-provisioning-config-problem-scim-compatibility';
const howItWorks = 'Microsoft Learn, how-provisioning-works';
const gallery = 'Microsoft Learn, gallery checklist';

const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ADSCIM_GROUP = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';
const GUID = '7d420df3-9995-4831-a406-ecf8166f5f6a';

// A GET comes without Accept and without User-Agent: MicrosoftDocs/azure-docs#94189.
const entra: Dialect = { headers: { 'Content-Type': 'application/scim+json; charset=utf-8' }, space: '+' };

/** A user as it is created by the default attribute mappings. */
const BABS = {
  schemas: [CORE_USER, ENTERPRISE_USER],
  externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
  userName: 'Babs.Jensen@contoso.example',
  active: true,
  displayName: 'Babs Jensen',
  emails: [{ primary: true, type: 'work', value: 'Babs.Jensen@contoso.example' }],
  meta: { resourceType: 'User' },
  name: { formatted: 'Babs Jensen', familyName: 'Jensen', givenName: 'Babs' },
  roles: [],
};
const BABS_SHOWN = {
  externalId: BABS.externalId,
  userName: BABS.userName,
  active: true,
  displayName: 'Babs Jensen',
  emails: BABS.emails,
  name: BABS.name,
};
const createBabs = { send: 'POST /Users', body: BABS, as: 'babs', shows: BABS_SHOWN } as const;

const createUser = (as: string, more: object = {}) =>
  ({ send: 'POST /Users', body: { schemas: [CORE_USER], userName: as, active: true, ...more }, as }) as const;

const createGroup = (as: string, more: object = {}) =>
  ({ send: 'POST /Groups', body: { schemas: [CORE_GROUP], displayName: as, ...more }, as }) as const;

/** `Remove` and `Add` as they come without the flag. */
const memberList = (...names: string[]) => names.map((name) => ({ $ref: null, value: `{${name}}` }));

const connection: readonly Fixture[] = [
  {
    name: 'Test Connection: a user that is nobody is an empty list, not a 404',
    source: `${learn}; grokability/snipe-it#14708`,
    steps: [
      createBabs,
      { send: 'GET /Users', query: { filter: `userName eq "${GUID}"` }, lists: [] },
      { send: 'GET /Users', query: { filter: 'userName eq "non-existent user"' }, lists: [] },
    ],
  },
  {
    name: 'Test Connection: a group that is none is an empty list',
    source: `${learn}; grokability/snipe-it#14708`,
    steps: [
      createGroup('staff'),
      {
        send: 'GET /Groups',
        query: { excludedAttributes: 'members', filter: `displayName eq "${GUID}"` },
        lists: [],
      },
    ],
  },
  {
    name: 'a user that was deleted elsewhere is a 404 by its id',
    source: learn,
    steps: [{ send: 'GET /Users/5171a35d82074e068ce2', status: 404, refuses: null }],
  },
];

const matching: readonly Fixture[] = [
  {
    name: 'a user is found by userName, externalId and work address',
    source: `${learn}; OctopusDeploy/Issues#9841`,
    steps: [
      createBabs,
      createUser('other', { emails: [{ type: 'home', value: 'babs.jensen@contoso.example' }] }),
      { send: 'GET /Users', query: { filter: `userName eq "${BABS.userName}"` }, lists: ['babs'] },
      { send: 'GET /Users', query: { filter: `externalId eq "${BABS.externalId}"` }, lists: ['babs'] },
      {
        send: 'GET /Users',
        query: { filter: `emails[type eq "work"].value eq "${BABS.userName}"` },
        lists: ['babs'],
      },
      {
        send: 'GET /Users',
        query: { filter: `emails[type eq "home"].value eq "${BABS.userName}"` },
        lists: ['other'],
      },
    ],
  },
  {
    name: '`and` of two matching attributes',
    source: learn,
    steps: [
      createBabs,
      {
        send: 'GET /Users',
        query: { filter: `userName eq "${BABS.userName}" and externalId eq "${BABS.externalId}"` },
        lists: ['babs'],
      },
      {
        send: 'GET /Users',
        query: { filter: `userName eq "${BABS.userName}" and externalId eq "${GUID}"` },
        lists: [],
      },
    ],
  },
  {
    name: 'values without quotes',
    source: `${learn}; OctopusDeploy/Issues#9841`,
    steps: [
      createBabs,
      { send: 'GET /Users', query: { filter: `userName eq ${BABS.userName}` }, lists: ['babs'] },
      { send: 'GET /Users', query: { filter: `externalId eq ${BABS.externalId}` }, lists: ['babs'] },
      { send: 'GET /Users', query: { filter: `userName eq ${GUID}` }, lists: [] },
    ],
  },
  {
    name: 'names, operators and userName in any case; an externalId is exact',
    source: `${learn}; OctopusDeploy/Issues#9841`,
    steps: [
      createBabs,
      { send: 'GET /Users', query: { filter: 'USERNAME EQ "BABS.JENSEN@CONTOSO.EXAMPLE"' }, lists: ['babs'] },
      {
        send: 'GET /Users',
        query: { filter: 'Emails[Type Eq "WORK"].Value Eq "BABS.jensen@contoso.example" AND Active eq true' },
        lists: ['babs'],
      },
      {
        send: 'GET /Users',
        query: { filter: `externalId eq "${BABS.externalId.toUpperCase()}"` },
        lists: [],
      },
    ],
  },
  {
    name: 'booleans in quotes, in any case',
    source: `${learn}; OctopusDeploy/Issues#9841`,
    steps: [
      createBabs,
      createUser('out', { active: false }),
      { send: 'GET /Users', query: { filter: 'active eq "True"' }, lists: ['babs'] },
      { send: 'GET /Users', query: { filter: 'active eq "false"' }, lists: ['out'] },
      { send: 'GET /Users', query: { filter: 'active eq False' }, lists: ['out'] },
      { send: 'GET /Users', query: { filter: 'emails[primary eq "True"] pr' }, refuses: 'invalidFilter' },
      { send: 'GET /Users', query: { filter: 'emails[primary eq "True"].value pr' }, lists: ['babs'] },
    ],
  },
  {
    name: 'a filter with every reserved character percent-encoded, and with + for spaces',
    source: `${learn}; MicrosoftDocs/azure-docs#94189`,
    steps: [
      createUser('o+k@contoso.example'),
      {
        send: 'GET /Users?filter=userName+eq+%22o%2Bk%40contoso.example%22',
        lists: ['o+k@contoso.example'],
      },
      {
        send: 'GET /Users?filter=userName%20eq%20%22o%2Bk%40contoso.example%22',
        lists: ['o+k@contoso.example'],
      },
    ],
  },
  {
    name: 'a group is found by displayName, without regard to case',
    source: learn,
    steps: [
      createGroup('Test-Managers'),
      {
        send: 'GET /Groups',
        query: { excludedAttributes: 'members', filter: 'displayName eq "test-managers"' },
        lists: ['Test-Managers'],
      },
      {
        send: 'GET /Groups',
        query: { excludedAttributes: 'members', filter: 'displayName eq Test-Managers' },
        lists: ['Test-Managers'],
      },
    ],
  },
  {
    name: 'an inactive user is shown; a deleted one is not',
    source: learn,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch({ op: 'Replace', path: 'active', value: 'False' }),
        shows: { ...BABS_SHOWN, active: false },
      },
      { send: 'GET /Users', query: { filter: `userName eq "${BABS.userName}"` }, lists: ['babs'] },
      { send: 'DELETE /Users/{babs}' },
      { send: 'GET /Users', query: { filter: `userName eq "${BABS.userName}"` }, lists: [] },
      { send: 'GET /Users/{babs}', status: 404, refuses: null },
    ],
  },
  {
    name: 'a POST whose answer was lost is repeated, gets 409, and the lookup finds the record',
    source: howItWorks,
    steps: [
      createBabs,
      { send: 'POST /Users', body: BABS, status: 409, refuses: 'uniqueness' },
      { send: 'GET /Users', query: { filter: `userName eq "${BABS.userName}"` }, lists: ['babs'] },
      createGroup('staff', { externalId: GUID }),
      {
        send: 'POST /Groups',
        body: { schemas: [CORE_GROUP], displayName: 'Staff', externalId: GUID },
        status: 409,
        refuses: 'uniqueness',
      },
      { send: 'GET /Groups', query: { filter: 'displayName eq "Staff"' }, lists: ['staff'] },
    ],
  },
];

const userPatches: readonly Fixture[] = [
  {
    name: 'Replace active "False" and "True"',
    source: compatibility,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch({ op: 'Replace', path: 'active', value: 'False' }),
        shows: { ...BABS_SHOWN, active: false },
      },
      {
        send: 'PATCH /Users/{babs}',
        body: patch({ op: 'Replace', path: 'active', value: 'True' }),
        shows: BABS_SHOWN,
      },
    ],
  },
  {
    name: 'several operations in capitals in one request',
    source: compatibility,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch(
          { op: 'Replace', path: 'displayName', value: 'Pvlo' },
          { op: 'Replace', path: 'emails[type eq "work"].value', value: 'TestBcwqnm@test.example' },
          { op: 'Replace', path: 'name.givenName', value: 'Gtfd' },
          { op: 'Add', path: 'nickName', value: 'Babs' },
          { op: 'Remove', path: 'name.formatted' },
          { op: 'Replace', path: 'externalId', value: 'Eqpj' },
          { op: 'Replace', path: `${ENTERPRISE_USER}:employeeNumber`, value: 'Eqpj' },
        ),
        shows: {
          ...BABS_SHOWN,
          displayName: 'Pvlo',
          emails: [{ value: 'TestBcwqnm@test.example', type: 'work', primary: true }],
          name: { familyName: 'Jensen', givenName: 'Gtfd' },
          nickName: 'Babs',
          externalId: 'Eqpj',
          [ENTERPRISE_USER]: { employeeNumber: 'Eqpj' },
        },
      },
    ],
  },
  {
    name: 'a new userName is stored as it was sent, and the old one is free',
    source: learn,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch({ op: 'Replace', path: 'userName', value: '5b50642d-79fc@Contoso.example' }),
        shows: { ...BABS_SHOWN, userName: '5b50642d-79fc@Contoso.example' },
      },
      createBabs,
    ],
  },
  {
    name: 'one operation of several is wrong: nothing of the request is done',
    source: compatibility,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch(
          { op: 'Replace', path: 'displayName', value: 'new' },
          { op: 'Replace', path: 'active', value: 'perhaps' },
        ),
        refuses: 'invalidValue',
      },
    ],
  },
  {
    name: 'one path of several is in no schema: 400, and nothing of the request is done',
    source: learn,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch(
          { op: 'Replace', path: 'displayName', value: 'new' },
          {
            op: 'Add',
            path: 'urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag',
            value: '701984',
          },
          { op: 'Replace', path: 'title', value: 'new' },
        ),
        refuses: 'invalidPath',
      },
      {
        send: 'PATCH /Users/{babs}',
        body: patch(
          { op: 'Replace', path: 'active', value: 'False' },
          { op: 'Replace', path: 'shoeSize', value: '4' },
        ),
        refuses: 'invalidPath',
      },
    ],
  },
  {
    name: 'Add emails[type eq "work"].value where there is no email',
    source: 'Captain-P-Goldfish/SCIM-SDK#416, #668',
    steps: [
      createUser('bob'),
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Add', path: 'emails[type eq "work"].value', value: 'bob@contoso.example' }),
        shows: { userName: 'bob', active: true, emails: [{ value: 'bob@contoso.example', type: 'work' }] },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@contoso.example' }),
        shows: { userName: 'bob', active: true, emails: [{ value: 'b@contoso.example', type: 'work' }] },
      },
    ],
  },
  {
    name: 'Replace emails[type eq "work"].value beside another email, which stays',
    source: 'Captain-P-Goldfish/SCIM-SDK#416, #668',
    steps: [
      createUser('bob', { emails: [{ value: 'bob@home.example', type: 'home', primary: true }] }),
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Replace', path: 'emails[type eq "work"].value', value: 'bob@contoso.example' }),
        shows: {
          userName: 'bob',
          active: true,
          emails: [
            { value: 'bob@home.example', type: 'home', primary: true },
            { value: 'bob@contoso.example', type: 'work' },
          ],
        },
      },
    ],
  },
  {
    name: 'an address and a telephone number are built up over several operations, each made once',
    source: 'Captain-P-Goldfish/SCIM-SDK#416, #668',
    steps: [
      createUser('bob', { phoneNumbers: [{ value: '1', type: 'work' }] }),
      {
        send: 'PATCH /Users/{bob}',
        body: patch(
          { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '55555555555' },
          { op: 'Add', path: 'addresses[type eq "work"].formatted', value: '18522 Lisette Crossing' },
          { op: 'Add', path: 'addresses[type eq "work"].streetAddress', value: '748 Considine Wells' },
          { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Hermanton' },
          { op: 'Add', path: 'addresses[type eq "work"].country', value: 'ML' },
        ),
        shows: {
          userName: 'bob',
          active: true,
          phoneNumbers: [
            { value: '1', type: 'work' },
            { value: '55555555555', type: 'mobile' },
          ],
          addresses: [
            {
              type: 'work',
              formatted: '18522 Lisette Crossing',
              streetAddress: '748 Considine Wells',
              locality: 'Hermanton',
              country: 'ML',
            },
          ],
        },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch(
          { op: 'Replace', path: 'addresses[type eq "work"].locality', value: 'Bamako' },
          { op: 'Remove', path: 'addresses[type eq "work"].formatted' },
          { op: 'Remove', path: 'phoneNumbers[type eq "work"].value' },
        ),
        shows: {
          userName: 'bob',
          active: true,
          phoneNumbers: [{ value: '55555555555', type: 'mobile' }],
          addresses: [
            { type: 'work', streetAddress: '748 Considine Wells', locality: 'Bamako', country: 'ML' },
          ],
        },
      },
    ],
  },
  {
    name: 'the same PATCH again changes nothing',
    source: howItWorks,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        body: patch(
          { op: 'Replace', path: 'active', value: 'True' },
          { op: 'Add', path: 'emails[type eq "work"].value', value: BABS.userName },
          { op: 'Replace', path: 'name.familyName', value: 'Jensen' },
        ),
        changesNothing: true,
      },
    ],
  },
];

const roles: readonly Fixture[] = [
  {
    name: 'SingleAppRoleAssignment: roles[primary eq "True"] made over three operations, then matched',
    source: 'MicrosoftDocs/entra-docs#391',
    steps: [
      createUser('bob'),
      {
        send: 'PATCH /Users/{bob}',
        body: patch(
          { op: 'Add', path: 'roles[primary eq "True"].display', value: 'Billing' },
          { op: 'Add', path: 'roles[primary eq "True"].value', value: 'billing_manager' },
          { op: 'Add', path: 'roles[primary eq "True"].type', value: 'any text at all' },
        ),
        shows: {
          userName: 'bob',
          active: true,
          roles: [{ value: 'billing_manager', display: 'Billing', type: 'any text at all', primary: true }],
        },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Replace', path: 'roles[primary eq "True"].value', value: 'admin' }),
        shows: {
          userName: 'bob',
          active: true,
          roles: [{ value: 'admin', display: 'Billing', type: 'any text at all', primary: true }],
        },
      },
    ],
  },
  {
    name: 'a role with primary "True" and a type in free text on create',
    source: 'MicrosoftDocs/entra-docs#391',
    steps: [
      {
        ...createUser('bob', {
          roles: [
            { primary: 'True', type: 'WindowsAzureActiveDirectoryRole', value: 'admin', display: 'Admin' },
            { primary: 'False', type: 'Größe 12', value: 'OJZCPNGTKDSA' },
          ],
        }),
        shows: {
          userName: 'bob',
          active: true,
          roles: [
            { primary: true, type: 'WindowsAzureActiveDirectoryRole', value: 'admin', display: 'Admin' },
            { primary: false, type: 'Größe 12', value: 'OJZCPNGTKDSA' },
          ],
        },
      },
    ],
  },
  {
    name: 'AppRoleAssignmentsComplex: roles as JSON in a string',
    source: 'Captain-P-Goldfish/SCIM-SDK#516; MicrosoftDocs/azure-docs#50772',
    steps: [
      createUser('bob'),
      {
        send: 'PATCH /Users/{bob}',
        body: patch({
          op: 'Add',
          path: 'roles',
          value: [
            {
              value: JSON.stringify({
                id: '827f0d2e-be15-4d8f-a8e3-f8697239c112',
                value: 'DocumentMgmt-Admin',
                displayName: 'DocumentMgmt Admin',
              }),
            },
            {
              value: JSON.stringify({
                id: '8ae06bd4-35bb-4fcd-977e-14e074ad1192',
                value: 'admin',
                displayName: 'Admin',
              }),
              type: 'WindowsAzureActiveDirectoryRole',
            },
          ],
        }),
        shows: {
          userName: 'bob',
          active: true,
          roles: [
            { value: 'DocumentMgmt-Admin', display: 'DocumentMgmt Admin' },
            { value: 'admin', display: 'Admin', type: 'WindowsAzureActiveDirectoryRole' },
          ],
        },
      },
    ],
  },
  {
    name: 'AppRoleAssignmentsComplex: the strings without an object round them',
    source: 'Captain-P-Goldfish/SCIM-SDK#516',
    steps: [
      createUser('bob'),
      {
        send: 'PATCH /Users/{bob}',
        body: patch({
          op: 'Add',
          path: 'roles',
          value: ['{"id":"1","value":"admin","displayName":"Admin"}'],
        }),
        shows: { userName: 'bob', active: true, roles: [{ value: 'admin', display: 'Admin' }] },
      },
    ],
  },
];

const EMPLOYEE = { employeeNumber: '701984', department: 'Tour Operations' };

const manager: readonly Fixture[] = [
  {
    name: 'a manager as a bare string: on create, at its path, replaced; "" clears it',
    source: learn,
    steps: [
      createUser('boss'),
      {
        ...createUser('bob', { [ENTERPRISE_USER]: { ...EMPLOYEE, manager: '{boss}' } }),
        shows: {
          userName: 'bob',
          active: true,
          [ENTERPRISE_USER]: { ...EMPLOYEE, manager: { value: '{boss}' } },
        },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Replace', path: `${ENTERPRISE_USER}:manager`, value: 'someone' }),
        shows: {
          userName: 'bob',
          active: true,
          [ENTERPRISE_USER]: { ...EMPLOYEE, manager: { value: 'someone' } },
        },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Replace', path: `${ENTERPRISE_USER}:manager`, value: '' }),
        shows: { userName: 'bob', active: true, [ENTERPRISE_USER]: EMPLOYEE },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Add', path: `${ENTERPRISE_USER}:manager`, value: '{boss}' }),
        shows: {
          userName: 'bob',
          active: true,
          [ENTERPRISE_USER]: { ...EMPLOYEE, manager: { value: '{boss}' } },
        },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Remove', path: `${ENTERPRISE_USER}:manager` }),
        shows: { userName: 'bob', active: true, [ENTERPRISE_USER]: EMPLOYEE },
      },
    ],
  },
  {
    name: 'a manager as an array of one',
    source: learn,
    steps: [
      createUser('boss'),
      createUser('bob'),
      {
        send: 'PATCH /Users/{bob}',
        body: patch({
          op: 'Add',
          path: `${ENTERPRISE_USER}:manager`,
          value: [{ $ref: 'https://rollcall.example/scim/v2/Users/{boss}', value: '{boss}' }],
        }),
        shows: {
          userName: 'bob',
          active: true,
          [ENTERPRISE_USER]: {
            manager: { value: '{boss}', $ref: 'https://rollcall.example/scim/v2/Users/{boss}' },
          },
        },
      },
      {
        send: 'PATCH /Users/{bob}',
        body: patch({ op: 'Replace', path: `${ENTERPRISE_USER}:manager.value`, value: 'another' }),
        shows: { userName: 'bob', active: true, [ENTERPRISE_USER]: { manager: { value: 'another' } } },
      },
    ],
  },
];

const creation: readonly Fixture[] = [
  {
    name: 'nulls, empty roles, client meta, unknown attributes and a misspelt extension are left out',
    source: learn,
    steps: [
      {
        send: 'POST /Users',
        as: 'bob',
        body: {
          schemas: [CORE_USER, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:'],
          id: null,
          externalId: null,
          userName: 'bob',
          nickName: null,
          title: '',
          active: true,
          emails: [{ value: null, type: 'work', primary: null }, { value: 'bob@contoso.example' }],
          phoneNumbers: null,
          addresses: [],
          name: { givenName: 'Bob', familyName: null },
          meta: { resourceType: 'User', location: 'https://elsewhere.example/1', version: 'x' },
          roles: [],
          groups: null,
          shoeSize: 4,
          'urn:ietf:params:scim:schemas:extension:enterprize:2.0:User': { department: 'd' },
          [ENTERPRISE_USER]: { department: null, division: 'Theme Park', badge: 7 },
        },
        shows: {
          userName: 'bob',
          active: true,
          emails: [{ type: 'work' }, { value: 'bob@contoso.example' }],
          name: { givenName: 'Bob' },
          [ENTERPRISE_USER]: { division: 'Theme Park' },
        },
      },
    ],
  },
  {
    name: 'names of attributes and sub-attributes with capitals',
    source: learn,
    steps: [
      {
        send: 'POST /Users',
        as: 'bob',
        body: {
          schemas: [CORE_USER],
          UserName: 'bob',
          Active: 'True',
          DisplayName: 'Bob',
          Name: { GivenName: 'Bob', FamilyName: 'Jones' },
          Emails: [{ Value: 'bob@contoso.example', Type: 'work', Primary: 'True' }],
          [ENTERPRISE_USER.toUpperCase()]: { DEPARTMENT: 'd' },
        },
        shows: {
          userName: 'bob',
          active: true,
          displayName: 'Bob',
          name: { givenName: 'Bob', familyName: 'Jones' },
          emails: [{ value: 'bob@contoso.example', type: 'work', primary: true }],
          [ENTERPRISE_USER]: { department: 'd' },
        },
      },
    ],
  },
];

const groups: readonly Fixture[] = [
  {
    name: "a group with Microsoft's own schema beside the core one, read without its members",
    source: learn,
    steps: [
      createUser('ann'),
      {
        send: 'POST /Groups',
        as: 'group',
        body: {
          schemas: [CORE_GROUP, ADSCIM_GROUP],
          externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
          displayName: 'Test Managers',
          meta: { resourceType: 'Group' },
        },
        shows: { displayName: 'Test Managers', externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159' },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Add', path: 'members', value: memberList('ann') }),
      },
      { send: 'GET /Groups/{group}', query: { excludedAttributes: 'members' }, lacks: ['members'] },
      {
        send: 'GET /Groups',
        query: { excludedAttributes: 'members', filter: 'displayName eq "Test Managers"' },
        lists: ['group'],
      },
    ],
  },
  {
    name: "a group with Microsoft's own schema alone",
    source: learn,
    steps: [
      {
        send: 'POST /Groups',
        as: 'group',
        body: { schemas: [ADSCIM_GROUP], displayName: 'g', members: [] },
        shows: { displayName: 'g' },
      },
    ],
  },
  {
    name: 'Add members with $ref null; Remove members with a list removes those and nobody else',
    source: `${learn}; simpleidserver/SimpleIdServer#244`,
    steps: [
      createUser('ann'),
      createUser('bob'),
      createUser('cat'),
      createGroup('group'),
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Add', path: 'members', value: memberList('ann', 'bob') }),
        shows: { displayName: 'group', members: ['{ann}', '{bob}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Add', path: 'members', value: memberList('cat') }),
        shows: { displayName: 'group', members: ['{ann}', '{bob}', '{cat}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Remove', path: 'members', value: memberList('ann') }),
        shows: { displayName: 'group', members: ['{bob}', '{cat}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Remove', path: 'members', value: memberList('ann') }),
        changesNothing: true,
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Remove', path: 'members', value: memberList('bob', 'cat') }),
        shows: { displayName: 'group' },
      },
    ],
  },
  {
    name: 'a member that is nobody: 400, and the others of the request are not added either',
    source: 'idp.md: never half of a request',
    steps: [
      createUser('ann'),
      createGroup('group'),
      {
        send: 'PATCH /Groups/{group}',
        body: patch({
          op: 'Add',
          path: 'members',
          value: [
            { $ref: null, value: '{ann}' },
            { $ref: null, value: GUID },
          ],
        }),
        refuses: 'invalidValue',
      },
    ],
  },
  {
    name: 'answers: a PATCH of a user 200 with the resource, of a group 204 without a body',
    source: learn,
    steps: [
      createUser('ann'),
      createGroup('group'),
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'Replace', path: 'active', value: false }),
        status: 200,
        shows: { userName: 'ann', active: false },
      },
      {
        send: 'PATCH /Groups/{group}',
        body: patch({ op: 'Replace', path: 'displayName', value: '1879db59-updatedDisplayName' }),
        status: 204,
        shows: { displayName: '1879db59-updatedDisplayName' },
      },
      { send: 'DELETE /Groups/{group}', status: 204 },
      { send: 'DELETE /Users/{ann}', status: 204 },
    ],
  },
];

// The flag stands in the tenant URL, and comes along with every request.
const flag = { aadOptscim062020: '' };

const flagged: readonly Fixture[] = [
  {
    name: 'aadOptscim062020: one replace without a path, with dotted, qualified and URN keys',
    source: compatibility,
    steps: [
      createBabs,
      {
        send: 'PATCH /Users/{babs}',
        query: flag,
        body: patch(
          { op: 'replace', path: 'emails[type eq "work"].value', value: 'TestMhvaes@test.example' },
          {
            op: 'replace',
            value: {
              displayName: 'Bjfe',
              'name.givenName': 'Kkom',
              'name.familyName': 'Unua',
              [`${ENTERPRISE_USER}:employeeNumber`]: 'Aklq',
              [`${ENTERPRISE_USER}:department`]: 'Tour Operations',
            },
          },
        ),
        shows: {
          ...BABS_SHOWN,
          displayName: 'Bjfe',
          emails: [{ value: 'TestMhvaes@test.example', type: 'work', primary: true }],
          name: { formatted: 'Babs Jensen', givenName: 'Kkom', familyName: 'Unua' },
          [ENTERPRISE_USER]: { employeeNumber: 'Aklq', department: 'Tour Operations' },
        },
      },
      {
        send: 'PATCH /Users/{babs}',
        query: flag,
        body: patch({
          op: 'replace',
          value: {
            [ENTERPRISE_USER]: { department: 'Security', division: 'Theme Park' },
            [CORE_USER]: { title: 'Tour Guide' },
          },
        }),
        shows: {
          ...BABS_SHOWN,
          displayName: 'Bjfe',
          title: 'Tour Guide',
          emails: [{ value: 'TestMhvaes@test.example', type: 'work', primary: true }],
          name: { formatted: 'Babs Jensen', givenName: 'Kkom', familyName: 'Unua' },
          [ENTERPRISE_USER]: { employeeNumber: 'Aklq', department: 'Security', division: 'Theme Park' },
        },
      },
    ],
  },
  {
    name: 'aadOptscim062020: add of dotted names where there are none',
    source: `${compatibility}; simpleidserver/SimpleIdServer#494`,
    steps: [
      createUser('bob'),
      {
        send: 'PATCH /Users/{bob}',
        query: flag,
        body: patch({
          op: 'add',
          value: { 'name.givenName': 'Sabina', 'name.familyName': 'Priscilla', 'name.honorificPrefix': 'Dr' },
        }),
        shows: {
          userName: 'bob',
          active: true,
          name: { givenName: 'Sabina', familyName: 'Priscilla', honorificPrefix: 'Dr' },
        },
      },
    ],
  },
  {
    name: 'aadOptscim062020: active as a boolean, a single value added, a member removed by a filter',
    source: compatibility,
    steps: [
      createUser('ann'),
      createUser('bob'),
      createGroup('group', { members: [{ value: '{ann}' }, { value: '{bob}' }] }),
      {
        send: 'PATCH /Users/{ann}',
        query: flag,
        body: patch({ op: 'add', path: 'nickName', value: 'Babs' }),
        shows: { userName: 'ann', active: true, nickName: 'Babs', groups: ['{group}'] },
      },
      {
        send: 'PATCH /Users/{ann}',
        query: flag,
        body: patch({ op: 'replace', path: 'active', value: false }),
        shows: { userName: 'ann', active: false, nickName: 'Babs', groups: ['{group}'] },
      },
      {
        send: 'PATCH /Groups/{group}',
        query: flag,
        body: patch({ op: 'remove', path: 'members[value eq "{ann}"]' }),
        shows: { displayName: 'group', members: ['{bob}'] },
      },
    ],
  },
  {
    name: 'both dialects reach one tenant',
    source: compatibility,
    steps: [
      createUser('ann'),
      createUser('bob'),
      createGroup('group', { members: [{ value: '{ann}' }, { value: '{bob}' }] }),
      {
        send: 'PATCH /Groups/{group}',
        body: patch(
          { op: 'Remove', path: 'members', value: memberList('ann') },
          { op: 'remove', path: 'members[value eq "{bob}"]' },
          { op: 'Add', path: 'members', value: memberList('ann') },
        ),
        shows: { displayName: 'group', members: ['{ann}'] },
      },
    ],
  },
];

runFixtures('Microsoft Entra ID', entra, [
  ...connection,
  ...matching,
  ...userPatches,
  ...roles,
  ...manager,
  ...creation,
  ...groups,
  ...flagged,
]);

describe('identity providers: Microsoft Entra ID, in plain code', () => {
  it(`a group read with excludedAttributes=members does not load them (${learn})`, async () => {
    const app = await sharedApp();
    const { scim } = await newWorkspace<Resource>(app, entra);
    const user = await scim('POST', '/Users', { body: { userName: 'ann' } });
    const group = await scim('POST', '/Groups', {
      body: { displayName: 'g', members: [{ value: user.body.id }] },
    });
    const query = { excludedAttributes: 'members' };
    const sent = await queriesOf(app.core.db, async () => {
      await scim('GET', `/Groups/${group.body.id}`, { query });
      await scim('GET', '/Groups', { query: { ...query, filter: 'displayName eq "g"' } });
    });
    expect(sent.filter(({ sql }) => sql.includes('from groups'))).to.have.lengthOf.at.least(2);
    expect(sent.filter(({ sql }) => sql.includes('memberships'))).to.deep.equal([]);
  });

  it(`100 PATCHes of one group at once, four times its 25 a second: no 429, and all members stay (${gallery})`, async () => {
    // The limit that is the default (contract 2).
    const app = await startApp({ rateLimitPerSecond: 100 });
    try {
      const { id, scim } = await newWorkspace<Resource>(app, entra);
      const users: { rows: { id: string }[] } = await app.core.db.raw(
        `insert into users (workspace_id, id, user_name, status, source, managed_by, active_since, created_at, updated_at)
          select ?, gen_random_uuid(), 'user ' || n, 'active', 'scim', 'idp', now(), now(), now()
          from generate_series(1, 100) n returning id`,
        [id],
      );
      const ids = users.rows.map((one) => one.id);
      const group = await scim('POST', '/Groups', { body: { displayName: 'g' } });
      const path = `/Groups/${group.body.id}`;
      const replies = await Promise.all(
        ids.map((value) =>
          scim('PATCH', path, {
            body: patch({ op: 'Add', path: 'members', value: [{ $ref: null, value }] }),
          }),
        ),
      );
      expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([204]));
      const read = await scim('GET', path);
      expect(written(read.body, app.url)['members']).to.deep.equal(ids.toSorted());
    } finally {
      await app.stop();
    }
  });
});
