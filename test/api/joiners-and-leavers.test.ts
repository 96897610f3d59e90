import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from '../support/app.ts';
import { peopleOf } from './people.ts';

type Line = Readonly<Record<string, string>>;

describe('exports of who came and went', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;

  before(async () => {
    app = await startApp({ jobs: null });
    people = peopleOf(app);
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
  });
  after(() => app.stop());

  const lines = async (path: string): Promise<Line[]> => {
    const { status, body } = await people.call<string>('GET', `/exports/${path}`);
    expect(status, body).to.equal(200);
    return parse(body, { columns: true, record_delimiter: '\r\n' });
  };
  const now = async () => {
    await sleep(5);
    const at = new Date().toISOString();
    await sleep(5);
    return at;
  };
  const setActive = (user: string, active: boolean) =>
    app.request('PATCH', `/scim/v2/Users/${user}`, {
      token: app.tokens.scim,
      body: { Operations: [{ op: 'replace', path: 'active', value: active }] },
    });

  it('tell when a leaver was to go, when access ended, by whom, and what was lost', async () => {
    const ann = await people.user('ann@example.com', {
      roles: people.elements(['mobile:tester', 'admin']),
      entitlements: people.elements(['testsigma:pro', 'test-management']),
    });
    await people.user('stays@example.com');
    const from = await now();
    await setActive(ann, false);
    await app.provisioningLog.flush();
    const between = await now();
    await setActive(ann, true);
    const to = await now();
    await app.request('DELETE', `/scim/v2/Users/${ann}`, { token: app.tokens.scim });
    await app.provisioningLog.flush();

    const [first, second, ...none] = await lines(`leavers.csv?from=${from}`);
    expect(none).to.deep.equal([]);
    expect(first).to.include({
      user_id: ann,
      user_name: 'ann@example.com',
      actor: 'first scim token',
      action: 'user.deactivated',
      lost_account_role: 'admin',
      lost_products: 'test-management:standard; testsigma:pro',
      lost_projects: 'mobile:tester',
    });
    const { requested_at: requested, access_ended_at: ended, returned_at: returned } = first!;
    expect(Date.parse(requested!)).to.be.within(Date.parse(from) - 5, Date.parse(ended!) + 5);
    expect(Date.parse(ended!)).to.be.below(Date.parse(between));
    expect(Date.parse(returned!)).to.be.within(Date.parse(between), Date.parse(to));
    expect(second).to.include({ user_id: ann, action: 'user.deleted', returned_at: '' });
    expect(second!.lost_projects).to.equal('mobile:tester');

    expect(await lines(`leavers.csv?from=${from}&to=${between}`)).to.deep.equal([
      { ...first, returned_at: '' },
    ]);
    expect(await lines(`leavers.csv?to=${from}`)).to.deep.equal([]);
    expect(Object.keys(first!).join()).to.equal(
      'user_id,user_name,email,full_name,organization,requested_at,access_ended_at,actor,action,' +
        'lost_account_role,lost_products,lost_projects,returned_at',
    );
  });

  it('tell who joined, who came back, and what they have', async () => {
    const from = await now();
    const bob = await people.user('bob@example.com');
    await people.user('absent@example.com', { active: false });
    await app.provisioningLog.flush();
    const between = await now();
    await people.group('crew', bob);
    const { items } = await people.admin<{ items: { id: string }[] }>('GET', '/groups?search=crew');
    await people.admin('PUT', `/groups/${items[0]!.id}/grants`, {
      grants: [{ project: 'mobile', role: 'viewer' }],
    });
    const to = await now();
    await setActive(bob, false);
    await setActive(bob, true);

    const [joined, back, ...none] = await lines(`joiners.csv?from=${from}`);
    expect(none).to.deep.equal([]);
    expect(joined).to.include({
      user_id: bob,
      actor: 'first scim token',
      action: 'user.created',
      new: 'yes',
      account_role: 'member',
      products: '',
      projects: 'mobile:viewer',
    });
    expect(Date.parse(joined!.requested_at!)).to.be.within(Date.parse(from) - 5, Date.parse(between));
    expect(Date.parse(joined!.first_access_at!)).to.be.within(Date.parse(between), Date.parse(to));
    expect(back).to.include({ user_id: bob, action: 'user.activated', new: 'no', projects: 'mobile:viewer' });
    const [early] = await lines(`joiners.csv?from=${from}&to=${between}`);
    expect(early).to.include({ user_id: bob, projects: '', first_access_at: '' });
  });

  it('tell who holds a seat and was not seen', async () => {
    const seat = { entitlements: people.elements(['testsigma']) };
    const ids: Record<string, string> = {};
    for (const name of ['never', 'long-ago', 'lately', 'newcomer', 'gone'])
      ids[name] = await people.user(`${name}@example.com`, seat);
    ids['no-seat'] = await people.user('no-seat@example.com');
    await setActive(ids.gone!, false);
    const age = async (name: string, days: number) => {
      await app.core.db.raw(`update users set active_since = now() - make_interval(days => ?) where id = ?`, [
        days,
        ids[name]!,
      ]);
    };
    for (const name of ['never', 'long-ago', 'lately', 'no-seat']) await age(name, 400);
    const seen = (name: string, days: number) =>
      app.core.db.raw(
        `insert into user_last_access (workspace_id, user_id, at)
        select workspace_id, id, now() - make_interval(days => ?) from users where id = ?`,
        [days, ids[name]!],
      );
    await seen('long-ago', 100);
    await seen('lately', 80);
    const names = async (query: string) =>
      (await lines(`dormant.csv${query}`)).map((line) => line.user_name!.split('@')[0]);
    expect(await names('')).to.deep.equal(['never', 'long-ago']);
    expect(await names('?days=30')).to.deep.equal(['never', 'long-ago', 'lately']);
    expect(await names('?days=399')).to.deep.equal(['never']);
    const [line] = await lines('dormant.csv');
    expect(line).to.include({ user_id: ids.never, products: 'testsigma:standard', last_access_at: '' });
    expect((await people.call('GET', '/exports/dormant.csv?days=0')).status).to.equal(400);
  });
});
