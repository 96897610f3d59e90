import { expectStatus, same } from '../check.ts';
import { fullUser, has, lacks } from '../projecting.ts';
import type { Requirement } from '../requirement.ts';
import { at } from '../values.ts';

const ATTRIBUTES =
  'attributes: When specified, the default list of attributes SHALL be overridden, and each resource returned MUST contain the minimum set of resource attributes and any attributes or sub-attributes explicitly requested.';
const EXCLUDED =
  'excludedAttributes: When specified, each resource returned MUST contain the minimum set of resource attributes. Additionally, the default set of attributes minus those attributes listed in "excludedAttributes" is returned.';
const WRITES = ['User:nickName', 'User:title'] as const;

/** RFC 7644 sections 3.4.2.5 and 3.9, and what RFC 7643 section 7 says of "returned". */
export const projection: readonly Requirement[] = [
  {
    id: '7644-3.9-01',
    level: 'MUST',
    title: 'attributes shows what is asked for, the id, and nothing else of the default set',
    paragraph: ATTRIBUTES,
    writes: WRITES,
    test: async (t) => {
      const { path } = await fullUser(t);
      const { body } = expectStatus(await t.get(path, { attributes: 'userName' }), 200);
      has(body, 'id');
      has(body, 'userName');
      lacks(body, 'nickName');
      lacks(body, 'title');
    },
  },
  {
    id: '7644-3.9-02',
    level: 'MUST',
    title: 'attributes takes a list',
    paragraph: 'The query parameter attributes value is a comma-separated list of resource attribute names.',
    writes: WRITES,
    test: async (t) => {
      const { body } = await t.get((await fullUser(t)).path, { attributes: 'nickName,title' });
      same(at(body, 'nickName'), 'Babs', 'nickName');
      same(at(body, 'title'), 'Tour Guide', 'title');
      lacks(body, 'userName');
    },
  },
  {
    id: '7644-3.9-03',
    level: 'MUST',
    title: 'attributes takes a sub-attribute',
    paragraph: ATTRIBUTES,
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const { body } = await t.get((await fullUser(t)).path, { attributes: 'name.givenName' });
      same(at(body, 'name', 'givenName'), 'Barbara', 'name.givenName');
      lacks(body, 'name', 'familyName');
      has(body, 'id');
    },
  },
  {
    id: '7644-3.9-04',
    level: 'MUST',
    title: 'attributes takes a sub-attribute of a multi-valued attribute',
    paragraph: ATTRIBUTES,
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { body } = await t.get((await fullUser(t)).path, { attributes: 'emails.value' });
      has(body, 'emails', 0, 'value');
      lacks(body, 'emails', 0, 'type');
    },
  },
  {
    id: '7644-3.9-05',
    level: 'MUST',
    title: 'A complex attribute that is asked for is shown with its sub-attributes',
    paragraph: ATTRIBUTES,
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const { body } = await t.get((await fullUser(t)).path, { attributes: 'name' });
      same(at(body, 'name', 'givenName'), 'Barbara', 'name.givenName');
      same(at(body, 'name', 'familyName'), 'Jensen', 'name.familyName');
    },
  },
  {
    id: '7644-3.9-06',
    level: 'MUST',
    title: 'excludedAttributes leaves out what is named',
    paragraph: EXCLUDED,
    writes: WRITES,
    test: async (t) => {
      const { body } = expectStatus(
        await t.get((await fullUser(t)).path, { excludedAttributes: 'nickName,name' }),
        200,
      );
      lacks(body, 'nickName');
      lacks(body, 'name');
      has(body, 'userName');
      has(body, 'title');
      has(body, 'id');
    },
  },
  {
    id: '7644-3.9-07',
    level: 'MUST',
    title: 'excludedAttributes takes a sub-attribute',
    paragraph: EXCLUDED,
    writes: ['User:name.givenName', 'User:name.familyName'],
    test: async (t) => {
      const { body } = await t.get((await fullUser(t)).path, { excludedAttributes: 'name.familyName' });
      lacks(body, 'name', 'familyName');
      same(at(body, 'name', 'givenName'), 'Barbara', 'name.givenName');
    },
  },
];
