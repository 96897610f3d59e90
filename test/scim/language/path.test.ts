import { expect } from 'chai';
import { parsePath } from '../../../src/scim/filter/path.ts';
import { groupSchema, userSchema } from '../../../src/scim/schema/schema.ts';
import { CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { ScimType } from '../../../src/scim/scim-error.ts';
import { expectError } from './expect-error.ts';

describe('parsePath: RFC 7644 section 3.5.2, figure 7', () => {
  const table: readonly [path: string, chain: readonly string[], filtered: boolean][] = [
    ['userName', ['userName'], false],
    ['NAME.givenname', ['name', 'givenName'], false],
    ['emails', ['emails'], false],
    ['emails.value', ['emails', 'value'], false],
    ['emails[type eq "work"]', ['emails'], true],
    ['emails[type eq "work"].value', ['emails', 'value'], true],
    ['addresses[type eq "work"].formatted', ['addresses', 'formatted'], true],
    ['Emails[Type EQ "a]b" and not (primary eq "True")].Value', ['emails', 'value'], true],
    [`${CORE_USER}:emails[type eq "work"].value`, ['emails', 'value'], true],
    [`${ENTERPRISE_USER}:manager`, [ENTERPRISE_USER, 'manager'], false],
    [`${ENTERPRISE_USER}:manager.value`, [ENTERPRISE_USER, 'manager', 'value'], false],
    [ENTERPRISE_USER, [ENTERPRISE_USER], false],
    ['groups[value eq "x"]', ['groups'], true],
  ];
  for (const [path, chain, filtered] of table) {
    it(path, () => {
      const parsed = parsePath(path, userSchema);
      expect(parsed.chain.map(({ name }) => name)).to.deep.equal(chain);
      expect(parsed.where !== undefined).to.equal(filtered);
    });
  }

  it('names what is in brackets relative to the element', () => {
    expect(parsePath('members[value eq "x"]', groupSchema).where).to.deep.equal({
      kind: 'compare',
      attribute: { path: ['value'], type: 'string', caseExact: false, multiValued: false },
      operator: 'eq',
      value: 'x',
    });
  });

  const refused: readonly [path: string, scimType: ScimType][] = [
    ['shoeSize', 'invalidPath'],
    ['__proto__.x', 'invalidPath'],
    ['constructor.prototype', 'invalidPath'],
    ['department', 'invalidPath'],
    ['urn:x:y:User:department', 'invalidPath'],
    ['name.', 'invalidPath'],
    ['name familyName', 'invalidPath'],
    ['"userName"', 'invalidPath'],
    ['emails[type eq "work"].colour', 'invalidPath'],
    ['emails[type eq "work"].value.x', 'invalidPath'],
    ['emails[type eq "work"] value', 'invalidPath'],
    ['emails[type eq "work"][value pr]', 'invalidPath'],
    ['emails.value[type eq "work"]', 'invalidPath'],
    ['userName[value eq "x"]', 'invalidPath'],
    ['name[familyName eq "x"]', 'invalidPath'],
    ['emails[0].value', 'invalidFilter'],
    ['emails[colour eq "x"]', 'invalidFilter'],
    ['emails[type eq "work"', 'invalidFilter'],
    ['emails[', 'invalidFilter'],
    ['emails[type eq "work]', 'invalidPath'],
  ];
  for (const [path, scimType] of refused) {
    it(`refuses ${path} with ${scimType}`, () => {
      expectError(() => parsePath(path, userSchema), scimType);
    });
  }
});
