import { USER } from '../server.ts';
import { type Case, OPERATORS } from './filter-cases.ts';

/** Logic, booleans, and values of multi-valued attributes. */
export const logicalCases: readonly Case[] = [
  {
    title: 'and',
    paragraph: 'Table 4: and: The filter is only a match if both expressions evaluate to true.',
    filter: ({ among }) => `nickName eq "delta" and ${among}`,
    finds: ['dora'],
    writes: ['User:nickName'],
  },
  {
    title: 'or',
    paragraph: 'Table 4: or: The filter is a match if either expression evaluates to true.',
    filter: ({ tag }) => `userName eq "${tag}-anna@example.com" or userName eq "${tag}-bert@example.com"`,
    finds: ['anna', 'bert'],
  },
  {
    title: 'not',
    paragraph: 'Table 4: not: The filter is a match if the expression evaluates to false.',
    filter: ({ tag, among }) => `not (userName eq "${tag}-anna@example.com") and ${among}`,
    finds: ['bert', 'carla', 'dora'],
  },
  {
    title: 'and goes before or, where it stands last',
    paragraph:
      'Logical operators - where "not" takes precedence over "and", which takes precedence over "or".',
    filter: ({ tag }) =>
      `userName eq "${tag}-anna@example.com" or userName eq "${tag}-bert@example.com" and active eq false`,
    finds: ['anna', 'bert'],
    writes: ['User:active'],
  },
  {
    title: 'and goes before or, where it stands first',
    paragraph:
      'Logical operators - where "not" takes precedence over "and", which takes precedence over "or".',
    filter: ({ tag }) =>
      `active eq false and userName eq "${tag}-bert@example.com" or userName eq "${tag}-anna@example.com"`,
    finds: ['anna', 'bert'],
    writes: ['User:active'],
  },
  {
    title: 'Parentheses go before and',
    paragraph: 'Filters MUST be evaluated using the following order of operations: 1. Grouping operators …',
    filter: ({ tag }) =>
      `(userName eq "${tag}-anna@example.com" or userName eq "${tag}-bert@example.com") and active eq false`,
    finds: ['bert'],
    writes: ['User:active'],
  },
  {
    title: 'not goes before and',
    paragraph: 'Logical operators - where "not" takes precedence over "and".',
    filter: ({ tag, among }) => `not (userName eq "${tag}-anna@example.com") and active eq true and ${among}`,
    finds: ['carla', 'dora'],
    writes: ['User:active'],
  },
  {
    title: 'Groups in groups, with not',
    paragraph: 'FILTER = attrExp / logExp / valuePath / *1"not" "(" FILTER ")"',
    filter: ({ tag, among }) =>
      `((userName eq "${tag}-anna@example.com" or not (active eq true)) and (not (not (${among}))))`,
    finds: ['anna', 'bert'],
    writes: ['User:active'],
  },
  {
    title: 'One value of many is enough',
    paragraph:
      'the filter matches if any of the values of the specified attribute match the specified criterion; e.g., if a User has multiple "emails" values, only one has to match.',
    filter: ({ tag }) => `emails.value eq "${tag}-z@example.net"`,
    finds: ['anna'],
    writes: ['User:emails.value'],
  },
  {
    title: 'Two conditions on a multi-valued attribute may be met by two values',
    paragraph:
      'the filter matches if any of the values of the specified attribute match the specified criterion.',
    filter: ({ tag }) => `emails.type eq "home" and emails.value eq "${tag}-b@example.org"`,
    finds: ['anna'],
    writes: ['User:emails.value', 'User:emails.type'],
  },
  {
    title: 'A sub-attribute of a complex attribute',
    paragraph:
      'To filter by first name, the parameter value is "name.givenName". Figure 2: filter=name.familyName co "O\'Malley"',
    filter: ({ among }) => `name.familyName co "O'Malley" and ${among}`,
    finds: ['anna'],
    writes: ['User:name.familyName'],
  },
  {
    title: 'eq true on a boolean',
    paragraph: 'compValue = false / null / true / number / string; rules from JSON',
    filter: ({ among }) => `active eq true and ${among}`,
    finds: ['anna', 'carla', 'dora'],
    writes: ['User:active'],
  },
  {
    title: 'eq false on a boolean',
    paragraph: 'compValue = false / null / true / number / string; rules from JSON',
    filter: ({ among }) => `active eq false and ${among}`,
    finds: ['bert'],
    writes: ['User:active'],
  },
  {
    title: 'ne on a boolean',
    paragraph: `${OPERATORS}: ne: The attribute and operator values are not identical.`,
    filter: ({ among }) => `active ne true and ${among}`,
    finds: ['bert'],
    writes: ['User:active'],
  },
];

/** Case, escapes and URIs. */
export const notationCases: readonly Case[] = [
  {
    title: 'Attribute names have no case',
    paragraph: 'Attribute names and attribute operators used in filters are case insensitive.',
    filter: ({ tag }) => `UserNAME eq "${tag}-anna@example.com"`,
    finds: ['anna'],
  },
  {
    title: 'Operators have no case',
    paragraph:
      'filter=userName Eq "john" / filter=Username eq "john" … will evaluate to the same logical value.',
    filter: ({ tag }) => `userName EQ "${tag}-anna@example.com"`,
    finds: ['anna'],
  },
  {
    title: 'and, or, not and pr have no case',
    paragraph: 'all ABNF strings are case insensitive (RFC 5234 section 2.3): "and", "or", "not", "pr"',
    filter: ({ tag, among }) =>
      `userName PR And NOT (userName eq "${tag}-anna@example.com" OR userName Eq "${tag}-bert@example.com") aNd ${among}`,
    finds: ['carla', 'dora'],
  },
  {
    title: 'Quotes and backslashes are escaped as in JSON',
    paragraph:
      'the "compValue" (comparison value) rule is built on JSON Data Interchange format ABNF rules as specified in [RFC7159].',
    filter: ({ among }) => `nickName eq "Gamma \\"quoted\\" \\\\ back" and ${among}`,
    finds: ['carla'],
    writes: ['User:nickName'],
  },
  {
    title: 'Texts in a filter are Unicode',
    paragraph:
      'String: A sequence of zero or more Unicode characters encoded using UTF-8. (RFC 7643 section 2.3.1)',
    filter: ({ among }) => `title eq "Ünïcödé 漢字 😀" and ${among}`,
    finds: ['dora'],
    writes: ['User:title'],
  },
  {
    title: 'Characters may be escaped by their number, as in JSON',
    paragraph: 'the "compValue" (comparison value) rule is built on JSON Data Interchange format ABNF rules.',
    filter: ({ among }) =>
      `title sw "\\u00dcn\\u00efc\\u00f6d\\u00e9 \\u6f22\\u5b57 \\ud83d\\ude00" and ${among}`,
    finds: ['dora'],
    writes: ['User:title'],
  },
  {
    title: 'Parentheses, brackets and operators in a text are text',
    paragraph: 'compValue = … string; rules from JSON',
    filter: ({ tag }) => `displayName eq "${tag}-4 (a) or [b] and not \\"c\\""`,
    finds: ['dora'],
    writes: ['User:displayName'],
  },
  {
    title: 'Wildcards of databases in a text are text',
    paragraph: `${OPERATORS}: co: The entire operator value must be a substring of the attribute value for a match.`,
    filter: ({ among }) => `(nickName co "%" or nickName co "_" or nickName sw "*") and ${among}`,
    finds: [],
    writes: ['User:nickName'],
  },
  {
    title: 'The URI of a schema may stand before an attribute',
    paragraph: 'Figure 2: filter=urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
    filter: ({ tag }) => `${USER}:userName eq "${tag}-anna@example.com"`,
    finds: ['anna'],
  },
];
