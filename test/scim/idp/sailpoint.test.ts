import { type Dialect, type Fixture, patch, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

const source = 'idp.md, SailPoint; Captain-P-Goldfish/SCIM-SDK#327';

const sailPoint: Dialect = {
  headers: { Accept: 'application/scim+json', 'Content-Type': 'application/scim+json' },
  space: '%20',
};

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const USER = {
  userName: 'ann',
  active: true,
  name: { formatted: 'Ann Bell', familyName: 'Bell', givenName: 'Ann' },
  [ENTERPRISE]: { department: 'd', manager: { value: 'm' } },
};
const create: Step = { send: 'POST /Users', as: 'ann', body: USER, shows: USER };

const fixtures: readonly Fixture[] = [
  {
    name: 'replace on a complex attribute with a part of it: the rest stays',
    source,
    steps: [
      create,
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', path: 'name', value: { familyName: 'Cole' } }),
        shows: { ...USER, name: { formatted: 'Ann Bell', familyName: 'Cole', givenName: 'Ann' } },
      },
      {
        send: 'PATCH /Users/{ann}',
        body: patch({ op: 'replace', path: ENTERPRISE, value: { department: 'e' } }),
        shows: {
          ...USER,
          name: { formatted: 'Ann Bell', familyName: 'Cole', givenName: 'Ann' },
          [ENTERPRISE]: { department: 'e', manager: { value: 'm' } },
        },
      },
    ],
  },
  {
    name: 'two parts in two operations without a path',
    source,
    steps: [
      create,
      {
        send: 'PATCH /Users/{ann}',
        body: patch(
          { op: 'replace', value: { name: { familyName: 'testFamily' } } },
          { op: 'replace', value: { name: { givenName: 'testGivenName' } } },
        ),
        shows: {
          ...USER,
          name: { formatted: 'Ann Bell', familyName: 'testFamily', givenName: 'testGivenName' },
        },
      },
    ],
  },
];

runFixtures('SailPoint', sailPoint, fixtures);
