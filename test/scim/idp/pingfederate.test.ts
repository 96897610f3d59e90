import { type Dialect, type Fixture, type Step } from './fixture.ts';
import { runFixtures } from './runner.ts';

const source = 'idp.md, PingFederate';

const pingFederate: Dialect = {
  headers: { Accept: 'application/scim+json', 'Content-Type': 'application/scim+json' },
  space: '+',
};

const create = (as: string, ...emails: object[]): Step => ({
  send: 'POST /Users',
  as,
  body: { userName: as, emails },
  shows: { userName: as, active: true, emails },
});

const fixtures: readonly Fixture[] = [
  {
    name: 'emails eq "…": a complex attribute is compared by its value',
    source,
    steps: [
      create('ann', { value: 'ann@example.com', type: 'work' }, { value: 'ann@home.example' }),
      create('bob', { value: 'bob@example.com', type: 'home' }),
      { send: 'GET /Users', query: { filter: 'emails eq "ann@home.example"' }, lists: ['ann'] },
      { send: 'GET /Users', query: { filter: 'emails eq "BOB@example.com"' }, lists: ['bob'] },
      { send: 'GET /Users', query: { filter: 'emails eq "cat@example.com"' }, lists: [] },
      {
        send: 'GET /Users',
        query: { filter: 'emails co "@example.com" and not (userName eq "bob")' },
        lists: ['ann'],
      },
    ],
  },
];

runFixtures('PingFederate', pingFederate, fixtures);
