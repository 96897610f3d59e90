import type { AttributeName } from '../features.ts';
import type { People, Person } from '../people.ts';

/** A filter and whom it finds among the four. */
export interface Case {
  readonly title: string;
  readonly paragraph: string;
  readonly filter: (all: People) => string;
  readonly finds: readonly Person[];
  readonly writes?: readonly AttributeName[];
}

export const OPERATORS = 'Table 3: Attribute Operators';

/** Attribute operators on texts, and on what may be missing. */
export const operatorCases: readonly Case[] = [
  {
    title: 'eq on a text',
    paragraph: `${OPERATORS}: eq: The attribute and operator values must be identical for a match.`,
    filter: ({ tag }) => `userName eq "${tag}-anna@example.com"`,
    finds: ['anna'],
  },
  {
    title: 'ne on a text',
    paragraph: `${OPERATORS}: ne: The attribute and operator values are not identical.`,
    filter: ({ among }) => `nickName ne "Alpha" and ${among}`,
    finds: ['bert', 'carla', 'dora'],
    writes: ['User:nickName'],
  },
  {
    title: 'co on a text',
    paragraph: `${OPERATORS}: co: The entire operator value must be a substring of the attribute value for a match.`,
    filter: ({ tag }) => `userName co "${tag.slice(3)}-bert@ex"`,
    finds: ['bert'],
  },
  {
    title: 'sw on a text',
    paragraph: `${OPERATORS}: sw: The entire operator value must be a substring of the attribute value, starting at the beginning of the attribute value.`,
    filter: ({ tag }) => `userName sw "${tag}-"`,
    finds: ['anna', 'bert', 'carla', 'dora'],
  },
  {
    title: 'sw does not find what stands later in the value',
    paragraph: `${OPERATORS}: sw: … starting at the beginning of the attribute value.`,
    filter: ({ tag }) => `userName sw "${tag.slice(3)}-anna"`,
    finds: [],
  },
  {
    title: 'sw finds what is identical',
    paragraph: `${OPERATORS}: sw: This criterion is satisfied if the two strings are identical.`,
    filter: ({ tag }) => `userName sw "${tag}-anna@example.com"`,
    finds: ['anna'],
  },
  {
    title: 'ew on a text',
    paragraph: `${OPERATORS}: ew: … matching at the end of the attribute value.`,
    filter: ({ tag }) => `userName ew "${tag.slice(3)}-carla@example.com"`,
    finds: ['carla'],
  },
  {
    title: 'ew finds what is identical',
    paragraph: `${OPERATORS}: ew: This criterion is satisfied if the two strings are identical.`,
    filter: ({ tag }) => `userName ew "${tag}-dora@example.com"`,
    finds: ['dora'],
  },
  {
    title: 'pr on a simple attribute',
    paragraph: `${OPERATORS}: pr: If the attribute has a non-empty or non-null value … there is a match.`,
    filter: ({ among }) => `title pr and ${among}`,
    finds: ['anna', 'bert', 'dora'],
    writes: ['User:title'],
  },
  {
    title: 'pr on a multi-valued complex attribute',
    paragraph: `${OPERATORS}: pr: … or if it contains a non-empty node for complex attributes, there is a match.`,
    filter: ({ among }) => `emails pr and ${among}`,
    finds: ['anna', 'bert', 'dora'],
    writes: ['User:emails.value'],
  },
  {
    title: 'pr on a sub-attribute',
    paragraph: `${OPERATORS}: pr: If the attribute has a non-empty or non-null value … there is a match.`,
    filter: ({ among }) => `name.familyName pr and ${among}`,
    finds: ['anna', 'bert'],
    writes: ['User:name.familyName'],
  },
  ...(
    [
      ['gt', ['carla', 'dora']],
      ['ge', ['bert', 'carla', 'dora']],
      ['lt', ['anna']],
      ['le', ['anna', 'bert']],
    ] as const
  ).map(([operator, found]): Case => ({
    title: `${operator} on a text is lexicographical`,
    paragraph: `${OPERATORS}: ${operator}: … For string attribute types, this is a lexicographical comparison.`,
    filter: ({ tag, among }) => `displayName ${operator} "${tag}-2" and ${among}`,
    finds: found,
    writes: ['User:displayName'],
  })),
];
