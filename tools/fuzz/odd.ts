import type { Node } from './json-text.ts';
import type { Random } from './random.ts';

/** Texts that have broken servers. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u0001\u001f\u007f',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'true',
  'False',
  'NaN',
  '-1',
  '1e309',
  '0x10',
  "'",
  '"',
  '\\',
  "' or 1=1 --",
  '%',
  '_',
  '%_\\',
  '$1',
  '${x}',
  '../../etc/passwd',
  '\uFEFF',
  '\uFFFF\uFFFE',
  '\uD83D',
  '\uDE00\uD83D',
  '👩‍🚀😀',
  '漢字かな',
  'İıſK',
  'a\u0301\u0302\u0303',
  '\u202Eabc\u2066',
  'عربي עברית',
  '\u2028\u2029',
  '2011-05-13T04:42:34Z',
  '2011-02-30',
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '+275760-09-14T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  'infinity',
  'owner',
  'admin',
  'testsigma',
  'testsigma:pro',
  'mobile:tester',
  'bulkId:1',
  'bulkId:',
  'urn:ietf:params:scim:schemas:core:2.0:User',
  'x'.repeat(300),
  'é'.repeat(5000),
];

const LITERALS: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e309',
  '-1e309',
  '1e-400',
  '9007199254740993',
  '123456789012345678901234567890',
  '2147483648',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[{}]',
  '{"value":null}',
  '{"":""}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":1,"a":2}',
  '"\\ud800"',
  '"\\u0000"',
  '"\\udc00\\ud800"',
  '"\\u202e"',
];

/** What is no JSON at all. */
const BROKEN: readonly string[] = [
  '',
  'NaN',
  'undefined',
  '01',
  '+1',
  "'x'",
  '"\\x"',
  '"',
  '[1,]',
  '{a:1}',
  '\u0000',
  '// x',
];

/** An odd value for a place in a body. */
export function oddNode(random: Random): Node {
  const kind = random.number(20);
  if (kind < 9) return random.pick(TEXTS);
  if (kind < 17) return { raw: random.pick(LITERALS) };
  if (kind < 18) return { raw: random.pick(BROKEN) };
  if (kind < 19) return nested(random);
  return large(random);
}

/** Arrays or objects in each other, up to a depth that has ended parsers. */
function nested(random: Random): Node {
  const depth = random.pick([10, 60, 500, 5000, 50_000]);
  return random.once(2)
    ? { raw: '['.repeat(depth) + ']'.repeat(depth) }
    : { raw: '{"value":'.repeat(depth) + '1' + '}'.repeat(depth) };
}

function large(random: Random): Node {
  const size = random.pick([100, 1000, 3000]);
  switch (random.number(4)) {
    case 0:
      return 'A'.repeat(size * 100);
    case 1:
      return Array.from({ length: size }, (_, index) => ({ members: [['value', `v${index}`]] as const }));
    case 2:
      return { members: Array.from({ length: size }, (_, index) => [`key${index}`, index] as const) };
    default:
      return Array.from({ length: size }, () => null);
  }
}

export const NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  ' ',
  'a.b.c',
  'emails[type eq "work"].value',
  'members[value eq "x"]',
  'name.givenName',
  'urn:ietf:params:scim:schemas:core:2.0:User',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value',
  'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User',
  'id',
  'meta',
  'schemas',
  'groups',
  'password',
  'USERNAME',
  '$ref',
  'value',
  'primary',
  'n'.repeat(2000),
  '\0',
  '😀',
];
