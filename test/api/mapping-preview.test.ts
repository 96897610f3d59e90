import { expect } from 'chai';
import fc from 'fast-check';
import { startApp, type TestApp } from '../support/app.ts';
import { peopleOf } from './people.ts';

interface Change {
  readonly user: { readonly id: string; readonly userName: string };
  readonly kind: string;
  readonly target: string;
  readonly level: string;
  readonly via: readonly object[];
}

interface Preview {
  readonly gains: { readonly total: number; readonly first: readonly Change[] };
  readonly losses: { readonly total: number; readonly first: readonly Change[] };
  readonly seats: readonly object[];
  readonly refused: string | null;
}

describe('a preview of the mapping', () => {
  let app: TestApp;
  let people: ReturnType<typeof peopleOf>;
  let ann: string;
  let group: string;

  before(async () => {
    app = await startApp({ jobs: null });
    people = peopleOf(app);
    await people.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    ann = await people.user('ann@example.com');
    group = await people.group('ts-mobile-tester', ann, await people.user('bob@example.com'));
  });
  after(() => app.stop());

  const preview = (body: object) => people.admin<Preview>('POST', '/mapping/preview', body);
  const refusal = async (body: unknown, status = 400) => {
    const reply = await people.call('POST', '/mapping/preview', body);
    expect(reply.status, JSON.stringify(reply.body)).to.equal(status);
    return reply.body;
  };

  it('of what would be written on a group tells who gains what by it', async () => {
    const grants = [{ project: 'mobile', role: 'viewer' }];
    const shown = await preview({ group, grants });
    expect(shown.gains.total).to.equal(2);
    expect(shown.gains.first[0]).to.deep.equal({
      user: { id: ann, userName: 'ann@example.com' },
      kind: 'project_role',
      target: 'mobile',
      level: 'viewer',
      via: [{ type: 'group', group: { id: group, displayName: 'ts-mobile-tester' }, mapping: 'own' }],
    });
    expect(shown.losses).to.deep.equal({ total: 0, first: [] });
    expect([shown.seats, shown.refused]).to.deep.equal([[], null]);
  });

  it('of rules tells by which rule', async () => {
    const rules = [{ match: 'TS-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] }];
    const shown = await preview({ rules });
    expect(shown.gains.total).to.equal(2);
    expect(shown.gains.first[0]!.via).to.deep.equal([
      {
        type: 'group',
        group: { id: group, displayName: 'ts-mobile-tester' },
        mapping: 'rule',
        rule: 'TS-{project}-{role}',
      },
    ]);
  });

  it('changes nothing: no grant, no event, no version', async () => {
    const state = async () => ({
      grants: await people.admin('GET', `/groups/${group}/grants`),
      rules: await people.admin('GET', '/mapping-rules'),
      access: await people.admin('GET', `/access?user=${ann}`),
      audit: await people.admin('GET', '/audit?limit=1'),
    });
    const before = await state();
    await preview({ group, grants: [{ product: 'testsigma' }, { accountRole: 'admin' }] });
    await preview({ rules: [{ match: 'ts-{project}-{role}', grants: [{ product: 'testsigma' }] }] });
    expect(await state()).to.deep.equal(before);
  });

  it('tells the refusal of too few seats in the words of a save, and the seats', async () => {
    const limit = (seats: number | null) =>
      people.admin('PUT', '/products/testsigma', { licenses: [{ key: 'pro', seats }] });
    await limit(1);
    const grants = [{ product: 'testsigma', license: 'pro' }];
    const shown = await preview({ group, grants });
    expect(shown.seats).to.deep.equal([
      { product: 'testsigma', license: 'pro', before: 0, after: 2, seats: 1 },
    ]);
    const saved = await people.call('PUT', `/groups/${group}/grants`, { grants });
    expect([saved.status, saved.body.detail]).to.deep.equal([409, shown.refused]);
    await limit(null);
  });

  it('is asked either of a group or of rules, and says what is wrong', async () => {
    const grants = [{ product: 'testsigma' }];
    for (const [body, message] of [
      [{}, /either group and grants, or rules/],
      [{ group }, /grants is required with group/],
      [{ grants }, /group is required with grants/],
      [{ rules: [], group, grants }, /rules go alone/],
      [{ rules: [], grants }, /rules go alone/],
      [{ group, grants: 'all' }, /grants must be a list/],
      [{ group, grants, save: true }, /save is not known here/],
      [{ group, grants: [{ project: 'nothing', role: 'tester' }] }, /no project "nothing"/],
      [{ group, grants: [{ accountRole: 'owner' }] }, /owner/],
      [{ rules: [{ match: '{anything}', grants }] }, /placeholders/],
    ] as const) {
      expect((await refusal(body)).detail, JSON.stringify(body)).to.match(message);
    }
    expect((await refusal({ group: 'nothing', grants }, 404)).detail).to.contain('nothing');
    expect((await refusal({ group: ann, grants }, 404)).type).to.equal('urn:rollcall:problem:not_found');
  });

  it('knows no group of another workspace', async () => {
    const operator = { token: app.tokens.operator };
    await app.request('POST', '/api/v1/workspaces', { ...operator, body: { key: 'other', name: 'Other' } });
    const reply = await app.request('POST', '/api/v1/mapping/preview', {
      ...operator,
      headers: { 'X-Workspace': 'other' },
      body: { group, grants: [] },
    });
    expect(reply.status).to.equal(404);
  });

  it('is what becomes of it when it is saved, as the products see it', async function () {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 8);
    this.timeout(10_000 * numRuns);
    const users = [ann, await people.user('cy@example.com'), await people.user('dee@example.com')];
    const other = await people.group('lic-testsigma-pro', users[1]!, users[2]!);
    const grant = fc.constantFrom(
      { project: 'mobile', role: 'viewer' },
      { project: 'mobile', role: 'manager' },
      { product: 'testsigma' },
      { product: 'testsigma', license: 'pro' },
      { accountRole: 'admin' },
      { accountRole: 'billing_manager' },
    );
    const grants = fc.uniqueArray(grant, { maxLength: 3 });
    const draft = fc.oneof(
      fc.record({ group: fc.constantFrom(group, other), grants }),
      fc.record({
        rules: fc.subarray([
          { match: 'ts-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] },
          { match: 'lic-{product}-{license}', grants: [{ product: '{product}', license: '{license}' }] },
        ]),
      }),
    );
    /** Everything that anybody has, a line each. */
    const everything = async (): Promise<string[]> => {
      const lines: string[] = [];
      const { items } = await people.admin<{ items: { id: string; userName: string }[] }>(
        'GET',
        '/users?limit=500&status=active',
      );
      for (const { id, userName } of items) {
        const access = await people.admin<{
          accountRole: { role: string; via: object[] };
          projects: { project: string; role: string }[];
          products: { product: string; license: string }[];
        }>('GET', `/access?user=${id}`);
        const { role, via } = access.accountRole;
        // Whom nothing makes more is a member by default, which is no grant.
        if (via.length > 0) lines.push(`${userName} account_role default ${role}`);
        for (const one of access.projects) lines.push(`${userName} project_role ${one.project} ${one.role}`);
        for (const one of access.products)
          lines.push(`${userName} entitlement ${one.product} ${one.license}`);
      }
      return lines.sort();
    };
    const told = ({ first }: Preview['gains']) =>
      first.map(({ user, kind, target, level }) => `${user.userName} ${kind} ${target} ${level}`).sort();
    await fc.assert(
      fc.asyncProperty(fc.array(draft, { minLength: 1, maxLength: 4 }), async (drafts) => {
        for (const one of drafts) {
          const before = await everything();
          const shown = await preview(one);
          if ('rules' in one) await people.admin('PUT', '/mapping-rules', one);
          else await people.admin('PUT', `/groups/${one.group}/grants`, { grants: one.grants });
          const after = await everything();
          expect(told(shown.gains)).to.deep.equal(after.filter((line) => !before.includes(line)));
          expect(told(shown.losses)).to.deep.equal(before.filter((line) => !after.includes(line)));
        }
      }),
      { numRuns },
    );
  });
});
