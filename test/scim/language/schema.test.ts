import { expect } from 'chai';
import SCIMMY from 'scimmy';
import { definitions } from '../../../src/scim/schema/definitions.ts';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { groupSchema, resolve, resolveChain, userSchema } from '../../../src/scim/schema/schema.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';

describe('resolve: RFC 7644 section 3.10', () => {
  const table: readonly [text: string, path: readonly string[]][] = [
    ['userName', ['userName']],
    ['USERNAME', ['userName']],
    ['name.familyname', ['name', 'familyName']],
    ['emails.value', ['emails', 'value']],
    ['groups.$ref', ['groups', '$ref']],
    ['id', ['id']],
    ['externalid', ['externalId']],
    ['schemas', ['schemas']],
    ['meta.lastModified', ['meta', 'lastModified']],
    [`${CORE_USER}:userName`, ['userName']],
    [`${CORE_USER.toLowerCase()}:emails.type`, ['emails', 'type']],
    [ENTERPRISE_USER, [ENTERPRISE_USER]],
    [`${ENTERPRISE_USER}:department`, [ENTERPRISE_USER, 'department']],
    [`${ENTERPRISE_USER}:manager.value`, [ENTERPRISE_USER, 'manager', 'value']],
    [`${ROLLCALL_USER}:access.kind`, [ROLLCALL_USER, 'access', 'kind']],
  ];
  for (const [text, path] of table) {
    it(text, () => {
      expect(resolve(userSchema, text)?.path).to.deep.equal(path);
    });
  }

  const unknown = ['', '.', 'name.', '.familyName', 'department', '__proto__', 'constructor', 'toString'];
  for (const text of [
    ...unknown,
    'name.__proto__',
    CORE_USER,
    `${CORE_GROUP}:members`,
    `${ENTERPRISE_USER}:title`,
  ]) {
    it(`finds nothing by ${JSON.stringify(text)}`, () => {
      expect(resolve(userSchema, text)).to.equal(undefined);
    });
  }

  it('tells what an attribute stands in', () => {
    const names = resolveChain(userSchema, `${ENTERPRISE_USER}:manager.value`)?.map(({ name }) => name);
    expect(names).to.deep.equal([ENTERPRISE_USER, 'manager', 'value']);
  });

  it('keeps the two resource types apart', () => {
    expect(resolve(groupSchema, 'members.value')?.path).to.deep.equal(['members', 'value']);
    expect(resolve(groupSchema, 'userName')).to.equal(undefined);
    expect(groupSchema.extensions).to.deep.equal([]);
    expect(userSchema.extensions).to.deep.equal([ENTERPRISE_USER, ROLLCALL_USER]);
  });
});

describe('characteristics: RFC 7643 sections 3.1 and 8.7.1', () => {
  const user: readonly [text: string, characteristics: Readonly<Record<string, unknown>>][] = [
    ['id', { caseExact: true, mutability: 'readOnly', returned: 'always', uniqueness: 'global' }],
    ['externalId', { caseExact: true, mutability: 'readWrite', returned: 'default' }],
    ['meta.version', { caseExact: true, mutability: 'readOnly' }],
    ['meta.created', { type: 'dateTime', mutability: 'readOnly' }],
    ['userName', { required: true, caseExact: false, uniqueness: 'server', mutability: 'readWrite' }],
    ['password', { mutability: 'writeOnly', returned: 'never' }],
    ['active', { type: 'boolean', required: false }],
    ['emails', { type: 'complex', multiValued: true }],
    ['x509Certificates.value', { type: 'binary', caseExact: true }],
    ['groups', { mutability: 'readOnly', multiValued: true }],
    ['groups.value', { mutability: 'readOnly' }],
    [`${ENTERPRISE_USER}:manager.displayName`, { mutability: 'readOnly' }],
    [`${ROLLCALL_USER}:organization`, { mutability: 'readWrite', caseExact: false }],
    [`${ROLLCALL_USER}:startDate`, { type: 'string', mutability: 'readWrite' }],
    [`${ROLLCALL_USER}:status`, { mutability: 'readOnly' }],
    [`${ROLLCALL_USER}:joinedAt`, { type: 'dateTime', mutability: 'readOnly' }],
    [`${ROLLCALL_USER}:access`, { mutability: 'readOnly', returned: 'request', multiValued: true }],
  ];
  for (const [text, characteristics] of user) {
    it(text, () => {
      expect(resolve(userSchema, text)).to.include(characteristics);
    });
  }
  const group: readonly [text: string, characteristics: Readonly<Record<string, unknown>>][] = [
    ['displayName', { required: true, uniqueness: 'server' }],
    ['members.value', { mutability: 'immutable' }],
    ['members.$ref', { mutability: 'immutable', type: 'reference' }],
    ['members.type', { mutability: 'immutable' }],
    ['members.display', { mutability: 'readOnly' }],
  ];
  for (const [text, characteristics] of group) {
    it(`Group ${text}`, () => {
      expect(resolve(groupSchema, text)).to.include(characteristics);
    });
  }
});

describe('the definitions that discovery describes', () => {
  const described = (definition: SCIMMY.Types.SchemaDefinition): unknown =>
    JSON.parse(JSON.stringify(definition.describe('/Schemas')));

  it('are the ones of scimmy, extended once', () => {
    expect(definitions.user).to.equal(SCIMMY.Schemas.User.definition);
    expect(definitions.user.attribute(ENTERPRISE_USER)).to.have.property('id', ENTERPRISE_USER);
    expect(definitions.user.attribute(ROLLCALL_USER)).to.have.property('id', ROLLCALL_USER);
  });

  it('carry the corrections', () => {
    const text = JSON.stringify([described(definitions.user), described(definitions.group)]);
    expect(text).not.to.contain('"canonicalValues":[]');
    const group = described(definitions.group) as { attributes: { name: string; uniqueness: string }[] };
    expect(group.attributes.find(({ name }) => name === 'displayName')).to.include({ uniqueness: 'server' });
  });

  it('say when access is returned', () => {
    const own = described(definitions.rollcallUser) as { attributes: { name: string; returned: string }[] };
    expect(own.attributes.find(({ name }) => name === 'access')).to.include({ returned: 'request' });
  });
});
