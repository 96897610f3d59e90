import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.ts';
import { makeCrowd } from './crowd.ts';
import { reviewingIn } from './reviewing.ts';

describe('the report of an access review', () => {
  let app: TestApp;
  let we: ReturnType<typeof reviewingIn>;
  let id: string;

  before(async () => {
    app = await startApp({ jobs: null });
    we = reviewingIn(app);
    await we.admin('POST', '/projects', { key: 'mobile', name: 'Mobile app' });
    const ada = await we.user('ada', {
      displayName: '=HYPERLINK("http://x")',
      emails: we.elements(['ada@x.io']),
    });
    const bob = await we.user('bob@x.io', { displayName: '<script>alert(1)</script>' });
    await we.admin('PUT', `/users/${ada}/projects/mobile`, { role: 'tester' });
    await we.admin('PUT', `/users/${bob}/projects/mobile`, { role: 'viewer' });
    const group = await we.group('Testers & <friends>', bob);
    await we.admin('PUT', `/groups/${group}/grants`, { grants: [{ product: 'testsigma', license: 'pro' }] });
    id = (await we.open({ name: 'Q3 <b>2026</b>' })).id;
  });
  after(() => app.stop());

  const get = (path: string, token = app.tokens.admin) =>
    app.request<string>('GET', `/api/v1/reviews/${id}${path}`, { token });

  it('is a draft while the review is open', async () => {
    const { body } = await get('/report.html');
    expect(body).to.contain('The review is open: this is a draft, and nothing has been applied.');
    const rows = await we.csv(`/reviews/${id}/report.csv`);
    expect(rows.map((row) => [row.decision, row.outcome])).to.deep.equal([
      ['', ''],
      ['', ''],
      ['', ''],
    ]);
  });

  it('tells as CSV who reviewed, when, every decision, and what was applied', async () => {
    await we.decide(id, 1, { decision: 'revoke', note: '+Left\nthe team', reviewer: '@Grace' });
    await we.decideAll(id, { decision: 'none' }, 'revoke', { reviewer: 'Grace Hopper' });
    const closed = await we.close(id, { reviewer: 'Grace Hopper' });
    const rows = await we.csv(`/reviews/${id}/report.csv`);
    expect(Object.keys(rows[0]!)).to.deep.equal(
      (
        'row,user_id,user_name,full_name,email,kind,target,level,via,granted_at,granted_by,decision,note,reviewer,' +
        'decided_at,decided_by,outcome,reason,applied_at,task'
      ).split(','),
    );
    expect(rows[0]).to.include({
      row: '1',
      user_name: 'ada',
      full_name: `'=HYPERLINK("http://x")`,
      target: 'mobile',
      level: 'tester',
      via: 'direct',
      decision: 'revoke',
      note: `'+Left\nthe team`,
      reviewer: `'@Grace`,
      decided_by: closed.closedBy,
      outcome: 'revoked',
      task: '',
    });
    expect(rows[1]).to.include({ via: 'group:Testers & <friends>', outcome: 'task', task: 'open' });
    for (const row of rows) expect(row.decided_at).to.match(/^\d{4}-\d\d-\d\dT/);
  });

  it('is a page that needs nothing, escapes what it tells, and runs nothing', async () => {
    const { status, headers, body } = await get('/report.html');
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
    expect(headers.get('content-disposition')).to.match(
      /^attachment; filename="review-\d{4}-\d\d-\d\d\.html"$/,
    );
    const policy = headers.get('content-security-policy')!;
    const style = /<style>([^]*?)<\/style>/.exec(body)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).to.equal(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`,
    );
    expect(body).to.contain(`style-src &#39;sha256-${hash}&#39;`);
    expect(body).not.to.match(/<script|\son\w+=|\sstyle=|<link|<img|@import|url\(/i);
    expect(body)
      .to.contain('&lt;script&gt;alert(1)&lt;/script&gt;')
      .and.to.contain('Testers &amp; &lt;friends&gt;');
    for (const said of [
      'Q3 &lt;b&gt;2026&lt;/b&gt;',
      'Grace Hopper',
      'Taken away',
      'To be done in the identity provider',
      'from the group &quot;Testers &amp; &lt;friends&gt;&quot; in your identity provider.',
    ]) {
      expect(body).to.contain(said);
    }
    expect(body.trim()).to.match(/<\/html>$/);
  });

  it('is an export with a receipt, in both forms', async () => {
    for (const [path, file, rows] of [
      ['/report.csv', 'review-report.csv', 3],
      ['/report.html', 'review-report.html', 3],
    ] as const) {
      const { headers, body } = await get(path);
      const receipt = await we.admin('GET', `/exports/receipts/${headers.get('export-receipt')!}`);
      expect(receipt).to.deep.include({
        file,
        rows,
        whole: true,
        filter: { review: id, status: 'closed' },
        sha256: createHash('sha256').update(body).digest('hex'),
      });
    }
  });

  it('names nobody who was erased, and still tells what was decided', async () => {
    const eve = await we.user('eve@x.io', {
      displayName: 'Eve Online',
      emails: we.elements(['eve@home.io']),
    });
    await we.admin('PUT', `/users/${eve}/projects/mobile`, { role: 'viewer' });
    const review = await we.open({ scope: { kind: 'project', key: 'mobile' } });
    const [row] = await we.rows(review.id, `?user=${eve}`);
    await we.decide(review.id, row!.row, { decision: 'revoke', note: 'Eve Online has left' });
    await we.admin('POST', '/users/remove', { ids: [eve] });
    await we.admin('POST', `/users/${eve}/erase`);
    await we.close(review.id, { undecided: 'keep' });
    for (const path of ['rows', `rows/${row!.row}`, 'report.csv', 'report.html']) {
      const { body } = await app.request<unknown>('GET', `/api/v1/reviews/${review.id}/${path}`, {
        token: app.tokens.admin,
      });
      expect(JSON.stringify(body), path).not.to.match(/eve@|Eve Online/i);
    }
    expect(await we.row(review.id, row!.row)).to.include({ decision: 'revoke', outcome: 'already_ended' });
    expect(JSON.stringify(await we.events(`target=${review.id}`))).not.to.match(/eve@|Eve Online/i);
  });

  it('lists what matters first when there is too much for a page, and says so', async function () {
    this.timeout(120_000);
    await makeCrowd(app.core.db, 5_001);
    const review = await we.open();
    await we.decideAll(review.id, {}, 'keep');
    const bobs = await we.rows(review.id, '?user=bob@x.io');
    await we.decide(review.id, bobs.at(-1)!.row, { decision: 'revoke' });
    await we.close(review.id);
    const { body } = await app.request<string>('GET', `/api/v1/reviews/${review.id}/report.html`, {
      token: app.tokens.admin,
    });
    expect(body.match(/<tr>\s*<td class="number"/g)).to.have.lengthOf(5_000);
    expect(body)
      .to.match(/the first 5000 are listed here/)
      .and.to.contain(`/api/v1/reviews/${review.id}/report.csv`);
    const titles = [...body.matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, title]) => title);
    expect(titles).to.deep.equal(['Reviewed by', 'To be done in the identity provider', 'Kept']);
    expect(await we.csv(`/reviews/${review.id}/report.csv`)).to.have.lengthOf(review.rows);
  });
});
