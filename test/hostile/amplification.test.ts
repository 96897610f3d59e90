import { expect } from 'chai';
import { noise } from '../core/users/large-steps.ts';
import { startApp, type TestApp } from '../support/app.ts';

const VERSIONS = 300;
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Operations {
  readonly Operations: readonly {
    readonly status: string;
    readonly response?: { readonly detail: string };
  }[];
}

/** What a bulk of small PATCHes of one large user makes the database keep. */
describe('small changes of large users', () => {
  let app: TestApp;

  beforeEach(async () => {
    // Sealing, which goes on by itself, is not measured.
    app = await startApp({ jobs: null });
  });
  afterEach(() => app.stop());

  const scim = <Body>(method: string, path: string, body?: unknown) =>
    app.request<Body>(method, `/scim/v2${path}`, { token: app.tokens.scim, body });
  const api = async <Body>(path: string) =>
    (await app.request<Body>('GET', `/api/v1${path}`, { token: app.tokens.admin })).body;

  async function one<Row>(query: string): Promise<Row> {
    const { rows } = await app.core.db.raw<{ rows: Row[] }>(query);
    return rows[0]!;
  }

  /** Bytes that stay, what is dead left out, and the place in the WAL. */
  async function size() {
    await app.core.db.raw('vacuum full users');
    const now = `select pg_database_size(current_database())::float8 as bytes, pg_current_wal_insert_lsn() as lsn`;
    return one<{ bytes: number; lsn: string }>(now);
  }

  async function create(attributes: object): Promise<string> {
    const made = await scim<{ id: string }>('POST', '/Users', { userName: 'large@x.io', ...attributes });
    expect(made.status).to.equal(201);
    return made.body.id;
  }

  /** Sends PATCHes of one user, and what a bulk is told to send in another in the next. Answers the bytes of all. */
  async function patchAll(id: string, patches: readonly object[]): Promise<number> {
    let [left, bytes] = [patches, 0];
    while (left.length > 0) {
      const operations = left.map((operation) => ({
        method: 'PATCH',
        path: `/Users/${id}`,
        data: { schemas: [PATCH], Operations: [operation] },
      }));
      const body = JSON.stringify({ schemas: [BULK], Operations: operations });
      bytes += body.length;
      const { status, body: answer } = await scim<Operations>('POST', '/Bulk', body);
      expect(status).to.equal(200);
      const statuses = answer.Operations.map((operation) => operation.status);
      const done = statuses.filter((one) => one === '200').length;
      expect(done).to.be.greaterThan(0);
      expect(statuses.slice(done).every((one) => one === '413')).to.equal(true);
      left = left.slice(done);
    }
    return bytes;
  }

  /** The times at which each version began, the first one's first. */
  async function times(id: string): Promise<string[]> {
    const { rows } = await app.core.db.raw<{ rows: { at: Date }[] }>(
      `select updated_at as at from users_history where id = ? union select updated_at from users where id = ?
        order by at`,
      [id, id],
    );
    return rows.map(({ at }) => at.toISOString());
  }

  async function grown(work: () => Promise<void>) {
    const before = await size();
    await work();
    const wal = await one<{ bytes: number }>(
      `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '${before.lsn}')::float8 as bytes`,
    );
    return { kept: (await size()).bytes - before.bytes, wal: wal.bytes };
  }

  it('keep little more than themselves when one sub-attribute changes again and again', async () => {
    const addresses = ['work', 'home', 'other', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map(
      (type, n) => ({
        ...{ type, formatted: noise(4 * n, 4_000), streetAddress: noise(4 * n + 1, 4_000) },
        ...{
          locality: noise(4 * n + 2, 4_000),
          region: noise(4 * n + 3, 4_000),
          country: noise(99 + n, 4_000),
        },
      }),
    );
    const id = await create({ addresses });
    const path = 'addresses[type eq "work"].postalCode';
    const patches = Array.from({ length: VERSIONS }, (_, n) => ({ op: 'replace', path, value: String(n) }));

    const { kept, wal } = await grown(async () => {
      expect(await patchAll(id, patches)).to.be.lessThan(400_000);
    });

    expect(kept, 'bytes kept').to.be.lessThan(3_000_000);
    // Each version of the row is written whole: charged, and gone with the next VACUUM.
    expect(wal, 'bytes of WAL').to.be.lessThan(120_000_000);
    const all = await times(id);
    expect(all).to.have.length(VERSIONS + 1);
    for (const [version, at] of all.entries()) {
      const then = await api<{ addresses: object[] }>(`/users/${id}?asOf=${encodeURIComponent(at)}`);
      const work = version === 0 ? addresses[0]! : { ...addresses[0]!, postalCode: String(version - 1) };
      expect(then.addresses).to.deep.equal([work, ...addresses.slice(1)]);
    }
  });

  it('keep little more than themselves when another of 1,000 elements changes each time', async () => {
    const emails = Array.from({ length: 1_000 }, (_, n) => ({
      value: `address-${n}@x.io`,
      display: noise(n, 180),
    }));
    const id = await create({ emails });
    const at = (version: number) => (version * 7) % emails.length;
    const patches = Array.from({ length: VERSIONS }, (_, n) => ({
      op: 'replace',
      path: `emails[value eq "address-${at(n)}@x.io"].display`,
      value: `Changed ${n}`,
    }));

    const { kept, wal } = await grown(async () => {
      expect(await patchAll(id, patches)).to.be.lessThan(400_000);
    });

    expect(kept, 'bytes kept').to.be.lessThan(4_000_000);
    expect(wal, 'bytes of WAL').to.be.lessThan(180_000_000);
    const expected = emails.map((email) => ({ ...email }));
    for (const [version, time] of (await times(id)).entries()) {
      if (version > 0) expected[at(version - 1)]!.display = `Changed ${version - 1}`;
      const then = await api<{ emails: object[] }>(`/users/${id}?asOf=${encodeURIComponent(time)}`);
      expect(then.emails).to.deep.equal(expected);
    }
  });

  it('keep little more than themselves when each changes all of 1,000 elements', async () => {
    const emails = Array.from({ length: 1_000 }, (_, n) => ({
      value: `address-${n}@x.io`,
      display: noise(n, 180),
    }));
    const id = await create({ emails });
    const patches = Array.from({ length: 50 }, (_, n) => ({
      op: 'replace',
      path: 'emails.type',
      value: `type ${n}`,
    }));

    const { kept } = await grown(async () => {
      expect(await patchAll(id, patches)).to.be.lessThan(100_000);
    });

    expect(kept, 'bytes kept').to.be.lessThan(3_000_000);
    for (const [version, time] of (await times(id)).entries()) {
      const then = await api<{ emails: object[] }>(`/users/${id}?asOf=${encodeURIComponent(time)}`);
      const type = version === 0 ? {} : { type: `type ${version - 1}` };
      expect(then.emails).to.deep.equal(emails.map((email) => ({ ...email, ...type })));
    }
  });
});
