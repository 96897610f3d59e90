import { expect } from 'chai';
import type { JsonObject } from '../../../src/scim/input/json.ts';
import type { ProjectionParameters } from '../../../src/scim/query/projection.ts';
import { parseProjection, project } from '../../../src/scim/query/projection.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import { expectError } from './expect-error.ts';

const always = { schemas: [CORE_USER], id: '1' };
const meta = { resourceType: 'User', version: 'W/"1"' };
const rest = {
  meta,
  userName: 'bob',
  name: { familyName: 'F', givenName: 'G' },
  emails: [{ value: 'a', type: 'work' }, { value: 'b' }],
};
const extension = { department: 'd', manager: { value: 'm', displayName: 'M' } };
const own = { status: 'active', organization: 'eu' };
const access = [{ kind: 'project_role', target: 'mobile', level: 'tester' }];
const user: JsonObject = {
  ...always,
  ...rest,
  password: 'secret',
  shoeSize: 4,
  [ENTERPRISE_USER]: extension,
  [ROLLCALL_USER]: { ...own, access },
};

const table: readonly [what: string, parameters: ProjectionParameters, expected: JsonObject][] = [
  ['the default set', {}, { ...always, ...rest, [ENTERPRISE_USER]: extension, [ROLLCALL_USER]: own }],
  [
    'empty parameters as none',
    { attributes: '', excludedAttributes: ' , ' },
    { ...always, ...rest, [ENTERPRISE_USER]: extension, [ROLLCALL_USER]: own },
  ],
  ['attributes', { attributes: 'userName' }, { ...always, userName: 'bob' }],
  [
    'attributes in any case, with spaces, repeated',
    { attributes: ' USERNAME , id,userName' },
    { ...always, userName: 'bob' },
  ],
  ['a list of a .search body', { attributes: ['userName', 'meta'] }, { ...always, meta, userName: 'bob' }],
  [
    'a sub-attribute',
    { attributes: 'name.familyName,meta.version' },
    { ...always, meta: { version: 'W/"1"' }, name: { familyName: 'F' } },
  ],
  ['a sub-attribute of elements', { attributes: 'emails.type' }, { ...always, emails: [{ type: 'work' }] }],
  ['the core URN before a name', { attributes: `${CORE_USER}:userName` }, { ...always, userName: 'bob' }],
  ['the core URN alone', { attributes: CORE_USER }, { ...always, ...rest }],
  [
    'an attribute of an extension',
    { attributes: `${ENTERPRISE_USER}:department` },
    { ...always, [ENTERPRISE_USER]: { department: 'd' } },
  ],
  [
    'a sub-attribute in an extension',
    { attributes: `${ENTERPRISE_USER}:manager.value` },
    { ...always, [ENTERPRISE_USER]: { manager: { value: 'm' } } },
  ],
  [
    'a whole extension, without what is returned on request',
    { attributes: ROLLCALL_USER },
    { ...always, [ROLLCALL_USER]: own },
  ],
  [
    'what is returned on request',
    { attributes: `${ROLLCALL_USER}:access` },
    { ...always, [ROLLCALL_USER]: { access } },
  ],
  [
    'a part of what is returned on request',
    { attributes: `${ROLLCALL_USER}:access.target` },
    { ...always, [ROLLCALL_USER]: { access: [{ target: 'mobile' }] } },
  ],
  ['never a password', { attributes: 'password' }, always],
  ['nothing for unknown names', { attributes: 'shoeSize,__proto__,constructor' }, always],
  [
    'excluded attributes',
    { excludedAttributes: `emails,NAME,meta,${ENTERPRISE_USER},${ROLLCALL_USER}` },
    { ...always, userName: 'bob' },
  ],
  [
    'an excluded sub-attribute',
    { excludedAttributes: `emails.value,meta,name,${ENTERPRISE_USER}:manager.displayName,${ROLLCALL_USER}` },
    {
      ...always,
      userName: 'bob',
      emails: [{ type: 'work' }],
      [ENTERPRISE_USER]: { department: 'd', manager: { value: 'm' } },
    },
  ],
  [
    'id and schemas, though excluded',
    { attributes: 'userName', excludedAttributes: 'id,schemas' },
    { ...always, userName: 'bob' },
  ],
  [
    'both',
    { attributes: 'name', excludedAttributes: 'name.givenName' },
    { ...always, name: { familyName: 'F' } },
  ],
];

describe('project: RFC 7644 section 3.9', () => {
  for (const [what, parameters, expected] of table) {
    it(`shows ${what}`, () => {
      expect(project(user, parseProjection(parameters, userSchema))).to.deep.equal(expected);
    });
  }

  it('refuses what is no list of names', () => {
    expectError(() => parseProjection({ attributes: 5 }, userSchema), 'invalidValue');
    expectError(() => parseProjection({ excludedAttributes: [{}] }, userSchema), 'invalidValue');
  });
});

describe('wants', () => {
  // Every group read of Entra ID: Microsoft Learn, use-scim-to-provision-users-and-groups.
  it('spares the members', () => {
    expect(parseProjection({}, groupSchema).wants('members')).to.equal(true);
    expect(parseProjection({ excludedAttributes: 'members' }, groupSchema).wants('members')).to.equal(false);
    expect(parseProjection({ attributes: 'displayName' }, groupSchema).wants('members')).to.equal(false);
    expect(parseProjection({ attributes: 'members.value' }, groupSchema).wants('members')).to.equal(true);
    expect(parseProjection({ attributes: 'members.value' }, groupSchema).wants('members.display')).to.equal(
      false,
    );
  });

  it('spares groups and access', () => {
    const access = `${ROLLCALL_USER}:access`;
    expect(parseProjection({}, userSchema).wants('groups')).to.equal(true);
    expect(parseProjection({}, userSchema).wants(access)).to.equal(false);
    expect(parseProjection({ attributes: access }, userSchema).wants(access)).to.equal(true);
    expect(parseProjection({ attributes: access }, userSchema).wants('groups')).to.equal(false);
    expect(parseProjection({}, userSchema).wants('shoeSize')).to.equal(false);
    expect(parseProjection({}, userSchema).wants('password')).to.equal(false);
  });
});
