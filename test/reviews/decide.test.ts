import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { reviewingIn } from './reviewing.ts';

describe('deciding an access review', () => {
  let app: TestApp;
  let we: ReturnType<typeof reviewingIn>;
  let ada: string;
  let id: string;

  before(async () => {
    app = await startApp({ jobs: null });
    we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile app' });
    ada = await we.user('ada', { displayName: 'Ada Lovelace', emails: we.elements(['ada@x.io']) });
    const users = [ada];
    for (const name of ['bob', 'cid', 'dan']) users.push(await we.user(`${name}@x.io`));
    for (const user of users) await we.admin('PUT', `/users/${user}/products/testsigma`, { license: 'pro' });
    for (const user of users.slice(0, 2)) {
      await we.admin('PUT', `/users/${user}/projects/mobile`, { role: 'tester' });
    }
    const group = await we.group('Viewers', users[2]!, users[3]!);
    await we.admin('PUT', `/groups/${group}/grants`, { grants: [{ project: 'mobile', role: 'viewer' }] });
  });
  beforeEach(async () => {
    id = (await we.open()).id;
  });
  after(() => app.stop());

  const events = async () => (await we.events(`target=${id}`)).slice(0, -1);
  const decided = async () => Object.fromEntries((await we.rows(id)).map((one) => [one.row, one.decision]));

  it('notes who decided what, when and why', async () => {
    const row = await we.decide(id, 1, {
      decision: 'keep',
      note: ' Still on the team ',
      reviewer: 'Grace Hopper',
    });
    expect(row).to.include({ decision: 'keep', note: 'Still on the team', reviewer: 'Grace Hopper' });
    const [event] = await events();
    expect(row.decidedBy).to.equal(event!.actor.name);
    expect(event).to.deep.include({
      action: 'review.row_decided',
      related: ada,
      before: { row: 1, decision: null },
      after: { row: 1, decision: 'keep' },
    });
    expect(await we.review(id)).to.include({ rows: 8, decided: 1, keep: 1, revoke: 0, left: 7 });
  });

  it('keeps every decision that was ever made of a row, and makes nothing of the same again', async () => {
    await we.decide(id, 2, { decision: 'keep', reviewer: 'Grace' });
    await we.decide(id, 2, { decision: 'keep', reviewer: ' Grace ' });
    await we.decide(id, 2, { decision: 'revoke', note: 'Left the team' });
    await we.decide(id, 2, { decision: 'revoke', note: 'Left the team in May' });
    const back = await we.decide(id, 2, { decision: null });
    await we.decide(id, 2, { decision: null, note: 'nothing' });
    expect(back).to.include({ decision: null, note: null, reviewer: null, decidedBy: null });
    expect(back.history.map(({ decision, note, reviewer }) => [decision, note, reviewer])).to.deep.equal([
      ['keep', null, 'Grace'],
      ['revoke', 'Left the team', null],
      ['revoke', 'Left the team in May', null],
    ]);
    expect(back.history.every((one) => one.until !== null)).to.equal(true);
    expect((await events()).map((one) => one.after!.decision)).to.deep.equal([
      null,
      'revoke',
      'revoke',
      'keep',
    ]);
  });

  it('keeps notes and reviewers out of the audit, which is sealed', async () => {
    await we.decide(id, 1, { decision: 'revoke', note: 'Ada told me', reviewer: 'Grace Hopper' });
    await we.decideAll(id, { user: 'ada@x.io' }, 'keep', { note: 'Ada told me', reviewer: 'Grace Hopper' });
    expect(JSON.stringify(await events())).not.to.match(/Ada|ada@|Grace/);
  });

  it('decides a list of rows, all of them or none, as one event', async () => {
    const path = `/reviews/${id}/decisions`;
    const decisions = [
      { row: 1, decision: 'keep' },
      { row: 2, decision: 'revoke', note: 'No longer needed' },
      { row: 3, decision: null },
    ];
    expect(await we.admin('POST', path, { decisions, reviewer: 'Grace' })).to.deep.equal({
      changed: 2,
      unchanged: 1,
    });
    expect(await we.admin('POST', path, { decisions, reviewer: 'Grace' })).to.deep.equal({
      changed: 0,
      unchanged: 3,
    });
    expect(await we.row(id, 2)).to.include({
      decision: 'revoke',
      note: 'No longer needed',
      reviewer: 'Grace',
    });
    const found = await events();
    expect(found.map((one) => one.action)).to.deep.equal(['review.rows_decided']);
    expect(found[0]).to.deep.include({
      before: { none: 2, keep: 0, revoke: 0 },
      after: { none: 0, keep: 1, revoke: 1 },
    });

    const wrong: [object[], string][] = [
      [
        [
          { row: 4, decision: 'keep' },
          { row: 99, decision: 'keep' },
        ],
        'decisions[1].row',
      ],
      [
        [
          { row: 4, decision: 'keep' },
          { row: 4, decision: 'revoke' },
        ],
        'decisions[1].row',
      ],
      [[{ row: 0, decision: 'keep' }], 'decisions[0].row'],
    ];
    for (const [asked, field] of wrong) {
      const { status, body } = await we.call('POST', path, { decisions: asked });
      expect([status, body.errors?.[0]?.field]).to.deep.equal([400, field]);
    }
    expect((await we.row(id, 4)).decision).to.equal(null);
  });

  const FILTERS: Record<string, [object, number[]]> = {
    everything: [{}, [1, 2, 3, 4, 5, 6, 7, 8]],
    'a user by userName': [{ user: 'ADA' }, [1, 2]],
    'a user by address': [{ user: 'ada@x.io' }, [1, 2]],
    'a kind': [{ kind: 'project_role' }, [2, 4, 6, 8]],
    'a product': [{ target: 'Testsigma' }, [1, 3, 5, 7]],
    'a level': [{ level: 'tester' }, [2, 4]],
    'what comes through groups': [{ via: 'group' }, [6, 8]],
    'what is direct': [{ via: 'direct', target: 'mobile' }, [2, 4]],
    'a group by name': [{ group: 'viewers' }, [6, 8]],
    nothing: [{ target: 'web' }, []],
  };
  for (const [name, [filter, rows]] of Object.entries(FILTERS)) {
    it(`decides all that a filter finds: ${name}`, async () => {
      const { changed } = await we.decideAll(id, filter, 'keep');
      expect(changed).to.equal(rows.length);
      expect(
        Object.entries(await decided()).flatMap(([row, one]) => (one === 'keep' ? [Number(row)] : [])),
      ).to.deep.equal(rows);
      const query = new URLSearchParams(filter as Record<string, string>).toString();
      expect((await we.rows(id, `?limit=3&${query}`)).map((one) => one.row)).to.deep.equal(rows);
      const found = await events();
      expect(found).to.have.lengthOf(rows.length === 0 ? 0 : 1);
    });
  }

  it('decides those that are decided so far, and the rest, by what is decided', async () => {
    await we.decideAll(id, { via: 'group' }, 'revoke');
    expect(await we.decideAll(id, { decision: 'none' }, 'keep')).to.deep.equal({ changed: 6, unchanged: 0 });
    expect(await we.decideAll(id, { decision: 'revoke' }, null)).to.deep.equal({ changed: 2, unchanged: 0 });
    expect(await we.decideAll(id, { decision: 'keep' }, 'revoke')).to.deep.equal({
      changed: 6,
      unchanged: 0,
    });
    expect(await we.decideAll(id, {}, 'revoke')).to.deep.equal({ changed: 2, unchanged: 6 });
    expect(await we.review(id)).to.include({ revoke: 8, left: 0 });
    expect((await we.rows(id, '?decision=none')).length).to.equal(0);
    expect((await we.row(id, 6)).history.map((one) => one.decision)).to.deep.equal(['revoke', 'revoke']);
  });

  it('finds rows by what names contain', async () => {
    expect((await we.rows(id, '?search=lovel')).map((one) => one.row)).to.deep.equal([1, 2]);
    expect((await we.rows(id, '?search=%25')).length).to.equal(0);
    expect((await we.call('GET', `/reviews/${id}/rows?user=nobody`)).status).to.equal(404);
  });

  it('refuses what says too much or too little', async () => {
    const bodies: object[] = [
      {},
      { decision: 'keep' },
      { filter: {} },
      { filter: {}, decision: 'keep', decisions: [{ row: 1, decision: 'keep' }] },
      { decisions: [{ row: 1, decision: 'keep' }], decision: 'keep' },
      { decisions: [] },
      { filter: { search: 'a' }, decision: 'keep' },
      { filter: {}, decision: 'maybe' },
    ];
    for (const body of bodies) {
      expect((await we.call('POST', `/reviews/${id}/decisions`, body)).status, JSON.stringify(body)).to.equal(
        400,
      );
    }
    for (const row of ['0', '99', 'x', '1e1', '9999999999']) {
      expect((await we.call('PUT', `/reviews/${id}/rows/${row}`, { decision: 'keep' })).status).to.equal(404);
    }
    expect(await events()).to.deep.equal([]);
  });

  it('is over once the review has ended', async () => {
    await we.decideAll(id, {}, 'keep');
    await we.close(id);
    const refused = await we.call('PUT', `/reviews/${id}/rows/1`, { decision: 'revoke' });
    expect([refused.status, refused.body.detail]).to.deep.equal([
      409,
      'The review is closed; its decisions stand. Open another one to decide anew.',
    ]);
    expect(
      (await we.call('POST', `/reviews/${id}/decisions`, { filter: {}, decision: null })).status,
    ).to.equal(409);
    expect((await we.row(id, 1)).decision).to.equal('keep');
  });

  it('is an admin’s: an auditor reads all of it and writes nothing', async () => {
    const auditor = await we.token('auditor');
    const statuses = async (calls: [string, string, object?][]) =>
      Promise.all(
        calls.map(async ([method, path, body]) => (await we.call(method, path, body, auditor)).status),
      );
    const one = `/reviews/${id}`;
    expect(
      await statuses([
        ['GET', '/reviews'],
        ['GET', one],
        ['GET', `${one}/rows`],
        ['GET', `${one}/rows/1`],
        ['GET', `${one}/tasks`],
        ['GET', `${one}/report.csv`],
        ['GET', `${one}/report.html`],
      ]),
    ).to.deep.equal([200, 200, 200, 200, 200, 200, 200]);
    expect(
      await statuses([
        ['POST', '/reviews', {}],
        ['PUT', `${one}/rows/1`, { decision: 'keep' }],
        ['POST', `${one}/decisions`, { filter: {}, decision: 'keep' }],
        ['POST', `${one}/close`, { undecided: 'revoke' }],
        ['POST', `${one}/cancel`],
      ]),
    ).to.deep.equal([403, 403, 403, 403, 403]);
  });
});
