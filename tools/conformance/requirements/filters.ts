import { expectKeyword, skip } from '../check.ts';
import { finds, findsIfSupported, people, type Person, refused, search } from '../people.ts';
import type { Requirement } from '../requirement.ts';
import { isCaseExact, requireAttribute } from '../server.ts';
import { at, textAt } from '../values.ts';
import { logicalCases, notationCases } from './filter-cases-more.ts';
import { operatorCases, OPERATORS } from './filter-cases.ts';

const plain: readonly Requirement[] = [...operatorCases, ...logicalCases, ...notationCases].map(
  ({ title, paragraph, filter, finds: found, writes }, index) => ({
    id: `7644-3.4.2.2-${String(index + 1).padStart(2, '0')}`,
    level: 'MUST',
    title: `A filter with ${title}`.replace(/^A filter with ([A-Z])/, '$1'),
    paragraph,
    needs: ['filter'],
    ...(writes ? { writes } : {}),
    test: async (t) => finds(t, filter(await people(t)), found),
  }),
);

/** RFC 7644 section 3.4.2.2: what a filter finds. */
export const filters: readonly Requirement[] = [
  ...plain,
  {
    id: '7644-3.4.2.2-50',
    level: 'MUST',
    title: 'The case of a value does not matter where the schema says so',
    paragraph:
      'the case sensitivity for String type attributes SHALL be determined by the attribute\'s "caseExact" characteristic.',
    needs: ['filter'],
    test: async (t) => {
      if (isCaseExact(t.server, 'User:userName')) skip("userName is caseExact in the server's schema");
      const { tag } = await people(t);
      await finds(t, `userName eq "${tag.toUpperCase()}-ANNA@Example.COM"`, ['anna']);
    },
  },
  {
    id: '7644-3.4.2.2-51',
    level: 'MUST',
    title: 'The case of a value matters for what is caseExact',
    paragraph:
      'the case sensitivity … SHALL be determined by the attribute\'s "caseExact" characteristic. ("externalId" … has "caseExact" as "true": RFC 7643 section 3.1)',
    needs: ['filter'],
    test: async (t) => {
      const { tag } = await people(t);
      await findsIfSupported(t, `externalId eq "${tag}-Ext-anna"`, ['anna']);
      await finds(t, `externalId eq "${tag}-ext-anna"`, []);
    },
  },
  {
    id: '7644-3.4.2.2-52',
    level: 'MUST',
    title: 'By id',
    paragraph: `${OPERATORS}: eq`,
    needs: ['filter'],
    test: async (t) => {
      const { of } = await people(t);
      await findsIfSupported(t, `id eq "${of.bert.id}"`, ['bert']);
    },
  },
  {
    id: '7644-3.4.2.2-53',
    level: 'MUST',
    title: 'gt, ge, lt and le on a date are chronological',
    paragraph: 'gt: … for DateTime types, it is a chronological comparison.',
    needs: ['filter'],
    test: async (t) => {
      const { among, of } = await people(t);
      const all = Object.keys(of) as Person[];
      for (const operator of ['gt', 'ge'] as const) {
        await finds(t, `meta.lastModified ${operator} "2011-05-13T04:42:34Z" and ${among}`, all);
        await finds(t, `meta.lastModified ${operator} "2999-05-13T04:42:34Z" and ${among}`, []);
      }
      for (const operator of ['lt', 'le'] as const) {
        await finds(t, `meta.lastModified ${operator} "2011-05-13T04:42:34Z" and ${among}`, []);
        await finds(t, `meta.lastModified ${operator} "2999-05-13T04:42:34Z" and ${among}`, all);
      }
    },
  },
  {
    id: '7644-3.4.2.2-54',
    level: 'MUST',
    title: 'A date is found as it was shown',
    paragraph: 'eq: The attribute and operator values must be identical for a match.',
    needs: ['filter'],
    test: async (t) => {
      const { of } = await people(t);
      const created = textAt(of.anna.body, 'meta', 'created') ?? '';
      await findsIfSupported(t, `meta.created eq "${created}" and id eq "${of.anna.id}"`, ['anna']);
      await finds(
        t,
        `meta.created ge "${created}" and meta.created le "${created}" and id eq "${of.anna.id}"`,
        ['anna'],
      );
    },
  },
  {
    id: '7644-3.4.2.2-55',
    level: 'MUST',
    title: 'A date in another time zone is the same moment',
    paragraph: 'for DateTime types, it is a chronological comparison.',
    needs: ['filter'],
    test: async (t) => {
      const { of } = await people(t);
      const created = Date.parse(textAt(of.anna.body, 'meta', 'created') ?? '');
      const shifted = new Date(created + 5.5 * 3_600_000 + 1000).toISOString().replace('Z', '+05:30');
      await findsIfSupported(t, `meta.created lt "${shifted}" and id eq "${of.anna.id}"`, ['anna']);
      const earlier = new Date(created - 3 * 3_600_000 - 1000).toISOString().replace('Z', '-03:00');
      await finds(t, `meta.created lt "${earlier}" and id eq "${of.anna.id}"`, []);
    },
  },
  {
    id: '7644-3.4.2.2-56',
    level: 'MUST',
    title: 'gt, ge, lt and le on a boolean are invalidFilter',
    paragraph:
      'Boolean and Binary attributes SHALL cause a failed response (HTTP status code 400) with "scimType" of "invalidFilter".',
    needs: ['filter'],
    writes: ['User:active'],
    test: async (t) => {
      for (const operator of ['gt', 'ge', 'lt', 'le']) {
        expectKeyword(await search(t, `active ${operator} true`), 400, 'invalidFilter');
      }
    },
  },
  {
    id: '7644-3.4.2.2-57',
    level: 'MUST',
    title: 'gt, ge, lt and le on binary data are invalidFilter',
    paragraph:
      'Boolean and Binary attributes SHALL cause a failed response (HTTP status code 400) with "scimType" of "invalidFilter".',
    needs: ['filter'],
    test: async (t) => {
      const value = requireAttribute(t.server, 'User:x509Certificates.value');
      if (at(value, 'type') !== 'binary') skip("x509Certificates.value is not binary in the server's schema");
      for (const operator of ['gt', 'ge', 'lt', 'le']) {
        expectKeyword(await search(t, `x509Certificates.value ${operator} "AAAA"`), 400, 'invalidFilter');
      }
    },
  },
  {
    id: '7644-3.4.2.2-58',
    level: 'MUST',
    title: 'An operator that does not exist is invalidFilter',
    paragraph:
      'Providers MUST decline to filter results if the specified filter operation is not recognized and return an HTTP 400 error with a "scimType" error of "invalidFilter".',
    needs: ['filter'],
    test: async (t) => {
      expectKeyword(await search(t, 'userName regex "a.*"'), 400, 'invalidFilter');
    },
  },
  ...[
    ['no operator', 'userName'],
    ['no value', 'userName eq'],
    ['no attribute', 'eq "x"'],
    ['an open parenthesis', '(userName eq "x"'],
    ['a closing parenthesis too many', 'userName eq "x")'],
    ['nothing after and', 'userName eq "x" and'],
    ['nothing before or', 'or userName eq "x"'],
    ['an open text', 'userName eq "x'],
    ['two values', 'userName eq "x" "y"'],
    ['empty parentheses', '()'],
    ['not without parentheses and expression', 'not'],
    ['an open bracket', 'emails[type eq "work"'],
  ].map(([what = '', filter = ''], index): Requirement => ({
    id: `7644-3.4.2.2-${60 + index}`,
    level: 'MUST',
    title: `A filter with ${what} is refused: ${filter}`,
    paragraph:
      'SCIM filters MUST conform to the following ABNF rules. (table 9: invalidFilter: The specified filter syntax was invalid)',
    needs: ['filter'],
    test: (t) => refused(t, filter),
  })),
];
