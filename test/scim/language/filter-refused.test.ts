import { expect } from 'chai';
import { MAX_BYTES } from '../../../src/scim/filter/lexer.ts';
import { MAX_DEPTH, parseFilter } from '../../../src/scim/filter/parser.ts';
import { userSchema } from '../../../src/scim/schema/schema.ts';
import { CORE_USER } from '../../../src/scim/schema/urns.ts';
import { expectError } from './expect-error.ts';

describe('parseFilter refuses with invalidFilter', () => {
  const table: readonly [what: string, filter: string][] = [
    ['nothing', ''],
    ['spaces', '   '],
    ['a bare word', 'bob'],
    ['an attribute alone', 'userName'],
    ['no value', 'userName eq'],
    ['no operator', 'userName "bob"'],
    ['an unknown operator', 'userName is "bob"'],
    ['an unknown attribute', 'shoeSize eq 42'],
    ['an unknown sub-attribute', 'emails.colour eq "x"'],
    ['an unknown sub-attribute in brackets', 'emails[colour eq "x"]'],
    ['an unknown sub-attribute after brackets', 'emails[type eq "work"].colour eq "x"'],
    ['a qualified name in brackets', 'emails[emails.type eq "work"]'],
    ['an attribute of an unknown extension', 'urn:x:y:User:department eq "x"'],
    ['the core URN alone', `${CORE_USER} pr`],
    ['__proto__', '__proto__ pr'],
    ['constructor', 'constructor eq "x"'],
    ['an open string', 'userName eq "bob'],
    ['an open string after an escape', String.raw`userName eq "bob\"`],
    ['a wrong escape', String.raw`userName eq "\x"`],
    ['a raw line break in a string', 'userName eq "a\nb"'],
    ['NUL in a string', String.raw`userName eq "\u0000"`],
    ['an unpaired surrogate', String.raw`userName eq "\ud800"`],
    ['NUL as it is', 'userName eq a\0b'],
    ['an open parenthesis', '(userName pr'],
    ['a closing parenthesis', 'userName pr)'],
    ['empty parentheses', '()'],
    ['crossed brackets', 'emails[(type pr])'],
    ['an open bracket', 'emails[type eq "work"'],
    ['a value path without a filter', 'emails[]'],
    ['a value path on a simple attribute', 'userName[value eq "x"]'],
    ['a value path in a value path', 'emails[emails[type pr]]'],
    ['two conditions without a word between', 'userName pr title pr'],
    ['and at the end', 'userName pr and'],
    ['or at the start', 'or userName pr'],
    ['not without parentheses', 'not userName pr'],
    ['not alone', 'not'],
    ['a complex attribute without a value', 'name eq "x"'],
    ['an address by its value', 'addresses eq "x"'],
    ['a boolean compared with a word', 'active eq "yes"'],
    ['gt on a boolean', 'active gt true'],
    ['co on a boolean', 'active co "t"'],
    ['lt on a binary', 'x509Certificates.value lt "YQ=="'],
    ['co on a dateTime', 'meta.created co "2011"'],
    ['a day for a dateTime', 'meta.created gt "2011-05-13"'],
    ['a day that is not', 'meta.created gt "2011-02-30T00:00:00Z"'],
    ['gt null', 'title gt null'],
    ['a bracket for a value', 'title eq ['],
    ['two values', 'title eq "a" "b"'],
  ];
  for (const [what, filter] of table) {
    it(`${what}: ${JSON.stringify(filter)}`, () => {
      expectError(() => parseFilter(filter, userSchema), 'invalidFilter');
    });
  }

  it('more than 8 KiB, counted in bytes', () => {
    const filter = (length: number): string => `title eq "${'é'.repeat(length)}"`;
    const most = (MAX_BYTES - 11) / 2;
    expect(() => parseFilter(filter(Math.floor(most)), userSchema)).not.to.throw();
    expectError(() => parseFilter(filter(Math.ceil(most) + 1), userSchema), 'invalidFilter');
  });

  it('more than 50 levels, in parentheses and in brackets', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}title pr${')'.repeat(depth)}`;
    expect(() => parseFilter(nested(MAX_DEPTH), userSchema)).not.to.throw();
    expectError(() => parseFilter(nested(MAX_DEPTH + 1), userSchema), 'invalidFilter');
    const inBrackets = (depth: number): string =>
      `emails[${'not ('.repeat(depth)}type pr${')'.repeat(depth)}]`;
    expect(() => parseFilter(inBrackets(MAX_DEPTH - 1), userSchema)).not.to.throw();
    expectError(() => parseFilter(inBrackets(MAX_DEPTH), userSchema), 'invalidFilter');
  });

  it('but not many levels beside each other', () => {
    const siblings = Array.from({ length: MAX_DEPTH * 2 }, () => '(title pr)').join(' or ');
    expect(() => parseFilter(siblings, userSchema)).not.to.throw();
  });

  it('but not a long chain, which is not deep', () => {
    const chain = Array.from({ length: 600 }, () => 'title pr').join(' or ');
    expect(() => parseFilter(chain, userSchema)).not.to.throw();
  });
});

describe('parseFilter refuses with 403', () => {
  for (const filter of [
    'password eq "x"',
    'PASSWORD pr',
    `${CORE_USER}:password sw "a"`,
    'not (password eq null)',
  ]) {
    it(`the password: ${filter}`, () => {
      expectError(() => parseFilter(filter, userSchema), 'sensitive', 403);
    });
  }
});
