import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { type List, peopleOf } from './people.ts';

interface Item {
  readonly id: string;
  readonly displayName: string;
  readonly members: number;
}

describe('GET /groups', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    const ann = await people.user('ann');
    const bob = await people.user('bob');
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    await people.admin('PUT', '/mapping-rules', {
      rules: [{ match: 'ts-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] }],
    });
    await people.group('Zebras', ann, bob);
    await people.group('ants', ann);
    const testers = await people.group('TS-mobile-tester');
    await people.admin('PUT', `/groups/${testers}/grants`, { grants: [{ accountRole: 'admin' }] });
  });
  after(() => app.stop());

  const names = async (query: string) =>
    (await people.admin<List<Item>>('GET', `/groups?${query}`)).items.map((item) => item.displayName);

  it('lists groups by name with members counted and what they give', async () => {
    const { items } = await people.admin<List<Item>>('GET', '/groups');
    expect(items.map((item) => [item.displayName, item.members])).to.deep.equal([
      ['ants', 1],
      ['TS-mobile-tester', 0],
      ['Zebras', 2],
    ]);
    const { id, ...tester } = items[1]!;
    expect(id).to.be.a('string');
    expect(tester).to.deep.equal({
      displayName: 'TS-mobile-tester',
      externalId: null,
      members: 0,
      source: 'scim',
      mapping: {
        own: [{ accountRole: 'admin' }],
        byRule: { match: 'ts-{project}-{role}', grants: [{ project: 'mobile', role: 'tester' }] },
      },
    });
    expect(items[0]).to.deep.include({ mapping: { own: [], byRule: null } });
  });

  it('finds those that give nothing, searches, sorts, and is walked by cursors', async () => {
    expect(await names('mapping=none')).to.deep.equal(['ants', 'Zebras']);
    expect(await names('search=EB')).to.deep.equal(['Zebras']);
    expect(await names('search=%25')).to.deep.equal([]);
    for (const sort of ['name', '-name']) {
      const whole = await names(`sort=${sort}`);
      const seen: string[] = [];
      let cursor = '';
      for (;;) {
        const page = await people.admin<List<Item>>('GET', `/groups?limit=1&sort=${sort}${cursor}`);
        seen.push(...page.items.map((item) => item.displayName));
        if (page.nextCursor === null) break;
        cursor = `&cursor=${page.nextCursor}`;
      }
      expect(seen).to.deep.equal(whole);
    }
    const { status, body } = await people.call('GET', '/groups?mapping=some');
    expect([status, body.errors![0]!.field]).to.deep.equal([400, 'mapping']);
  });
});
