import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { type List, peopleOf } from './people.ts';

interface Item {
  readonly user: { readonly userName: string };
  readonly code: string;
  readonly value: string;
  readonly reason: string;
}

describe('GET /conflicts', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;

  before(async () => {
    app = await startApp();
    people = peopleOf(app);
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  after(() => app.stop());

  it('lists what gives nothing and why, by cursor', async () => {
    const ann = await people.user('ann', { roles: people.elements(['random', 'billing_manager']) });
    const group = await people.group('Testers', ann);
    await people.admin('PUT', `/groups/${group}/grants`, { grants: [{ project: 'mobile', role: 'tester' }] });
    await people.user('Bob', { entitlements: people.elements(['testsigma:gold']) });

    const first = await people.admin<List<Item>>('GET', '/conflicts?limit=2');
    expect(first.items.map((item) => item.code)).to.deep.equal(['billing_manager', 'unknown_role']);
    expect(first.items[0]).to.deep.include({
      user: { id: ann, userName: 'ann' },
      source: 'group',
      group: { id: group, displayName: 'Testers' },
      value: 'mobile:tester',
    });
    expect(first.items[0]!.reason).to.contain('billing manager');
    expect(first.items[1]).to.deep.include({ source: 'pushed', attribute: 'roles', value: 'random' });

    const rest = await people.admin<List<Item>>('GET', `/conflicts?limit=2&cursor=${first.nextCursor!}`);
    expect(rest.items.map((item) => item.value)).to.deep.equal(['testsigma:gold']);
    expect(rest.nextCursor).to.equal(null);
    const found = await people.admin<List<Item>>('GET', '/conflicts?search=BOB');
    expect(found.items.map((item) => item.user.userName)).to.deep.equal(['Bob']);
  });

  it('refuses a cursor of another list', async () => {
    const { status, body } = await people.call('GET', '/conflicts?cursor=nonsense');
    expect([status, body.errors![0]!.field]).to.deep.equal([400, 'cursor']);
  });
});
