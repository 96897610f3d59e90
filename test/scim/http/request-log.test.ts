import { expect } from 'chai';
import { Agent, request as send } from 'node:http';
import { gzipSync } from 'node:zlib';
import { startApp, type TestApp } from '../../support/app.ts';
import { postGroup, postUser } from '../bulk/bulk.ts';

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
  readonly status: number;
  readonly detail: string | null;
}

/** What the provisioning log keeps of requests that are not like the others. */
describe('SCIM over HTTP: the provisioning log', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  const log = async (query = ''): Promise<Entry[]> => {
    // A note is made once the connection has seen the end of the answer.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.provisioningLog.flush();
    const reply = await app.request<{ items: Entry[] }>('GET', `/api/v1/scim-requests${query}`, {
      token: app.tokens.admin,
    });
    expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
    return reply.body.items;
  };

  const bulk = async (Operations: readonly object[], more: object = {}) => {
    const reply = await app.request<{ Operations: { location?: string; status: string }[] }>(
      'POST',
      '/scim/v2/Bulk',
      { token: app.tokens.scim, body: { Operations, ...more } },
    );
    expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
    return reply.body.Operations.map((one) => one.location?.split('/').at(-1) ?? '');
  };

  describe('of a bulk request', () => {
    it('tells which operations failed, and why', async () => {
      const nobody = '01890000-0000-7000-8000-000000000000';
      await bulk([
        postUser('a', 'ann@x.io'),
        postUser('b', 'ANN@x.io'),
        { method: 'PATCH', path: `/Users/${nobody}`, data: { Operations: [] } },
        { method: 'GET', path: '/Users' },
      ]);
      const [entry] = await log();
      expect(entry).to.include({ method: 'POST', path: '/scim/v2/Bulk', status: 200 });
      const [total, ...failures] = entry!.detail!.split('\n');
      expect(total).to.equal('3 of 4 operations failed.');
      expect(failures).to.have.lengthOf(3);
      expect(failures[0]).to.match(/^1: POST \/Users 409 The userName "ANN@x\.io" is already in use/);
      expect(failures[1]).to.match(new RegExp(`^2: PATCH /Users/${nobody} 404 `));
      expect(failures[2]).to.match(/^3: GET {1,2}400 "method" must be /);
    });

    it('tells nothing of one that went well', async () => {
      await bulk([postUser('a', 'well@x.io')]);
      expect((await log())[0]).to.include({ path: '/scim/v2/Bulk', detail: null });
    });

    it('tells how many operations were not processed', async () => {
      const broken = { method: 'GET', path: '/Users' };
      await bulk([broken, broken, broken, broken], { failOnErrors: 2 });
      expect((await log())[0]!.detail).to.match(
        /^2 of 4 operations failed\.\n2 of 4 operations were not processed\.\n0: GET /,
      );
    });

    it('is cut where there were very many failures', async () => {
      await bulk(Array.from({ length: 1_000 }, () => ({ method: 'GET', path: '/Users' })));
      const { detail } = (await log())[0]!;
      expect(detail).to.match(/^1000 of 1000 operations failed\.\n0: GET /);
      expect(detail).to.have.length.within(1_000, 2_049);
    });

    it('is found by whom it made and whom it was about', async () => {
      const [user = '', group = ''] = await bulk([
        postUser('u', 'made@x.io'),
        postGroup('g', 'Made here', 'bulkId:u'),
      ]);
      await bulk([
        { method: 'PATCH', path: `/Users/${user}`, data: { Operations: [] } },
        // Larger than what is kept, and so not looked through.
        postUser('large', 'large@x.io', {
          photos: [{ value: 'x'.repeat(60_000) }],
          nickName: 'x'.repeat(4_000),
        }),
        postUser('larger', 'larger@x.io', { photos: [{ value: 'x'.repeat(60_000) }] }),
      ]);
      expect(await log(`?user=${user}`)).to.have.lengthOf(2);
      expect(await log('?user=made@x.io')).to.have.lengthOf(2);
      expect(await log(`?group=${group}`)).to.have.lengthOf(1);
      expect((await log('?user=large@x.io'))[0]!.body).to.match(/^\(\d{6} bytes\)$/);
    });

    it('mentions all of more users than are looked for in a text', async () => {
      const made = await bulk(Array.from({ length: 220 }, (_, at) => postUser(`u${at}`, `one-${at}@x.io`)));
      for (const id of [made[0], made[110], made[219]]) expect(await log(`?user=${id}`)).to.have.lengthOf(1);
    });
  });

  describe('of a large body', () => {
    const large = JSON.stringify({ userName: 'huge@x.io', nickName: 'x'.repeat(100_000) });

    it('keeps its size only, though it came in pieces and without a length', async () => {
      await pieces(Buffer.from(large));
      expect((await log())[0]).to.include({ status: 400, body: `(${large.length} bytes)` });
    });

    it('keeps its size once it was unpacked', async () => {
      await pieces(gzipSync(large), { 'Content-Encoding': 'gzip' });
      expect((await log())[0]).to.include({ status: 400, body: `(${large.length} bytes)` });
    });

    it('keeps a small one that came in pieces', async () => {
      await pieces(Buffer.from('{"userName":""}'));
      expect((await log())[0]).to.include({ status: 400, body: '{"userName":""}' });
    });

    /** A POST of a user with chunked transfer. */
    const pieces = (body: Buffer, headers: Record<string, string> = {}) =>
      new Promise<void>((resolve, reject) => {
        const request = send(`${app.url}/scim/v2/Users`, {
          method: 'POST',
          agent: new Agent(),
          headers: {
            Authorization: `Bearer ${app.tokens.scim}`,
            'Content-Type': 'application/scim+json',
            'Transfer-Encoding': 'chunked',
            ...headers,
          },
        });
        request.on('error', reject);
        request.on('response', (response) => response.resume().on('end', () => resolve()));
        for (let at = 0; at < body.length; at += 10_000) request.write(body.subarray(at, at + 10_000));
        request.end();
      });
  });
});
