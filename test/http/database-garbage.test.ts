import { expect } from 'chai';
import sql from 'sql-template-tag';
import { type Db, openDb } from '../../src/store/db/pool.ts';
import { rows } from '../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../src/store/db/scope.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Proxy, startProxy } from '../support/proxy.ts';
import { expectRefusal } from '../support/refusal.ts';

/** Messages that the driver cannot read, each for a reason of its own (frontend/backend protocol, "Message Formats"). */
const GARBAGE: Record<string, Buffer> = {
  'a row whose fields are longer than it': message('D', [0, 1, 0x7f, 0xff, 0xff, 0xff]),
  'a row that ends too early': message('D', [0, 9]),
  'a description without an end': message('T', [0x7f, 0xff]),
  'a message of no known kind': message('?', [1, 2, 3]),
  'an authentication of no known kind': message('R', [0, 0, 0, 99]),
  'answers to nothing': Buffer.concat([message('Z', [0x49]), message('C', [0x41, 0]), message('D', [0, 0])]),
};

function message(kind: string, body: readonly number[]): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

describe('an answer of the database that cannot be read', () => {
  let app: TestApp;
  let proxy: Proxy;
  let slow: Db;

  before(async () => {
    proxy = await startProxy(process.env.DATABASE_URL ?? '');
    app = await startApp({ connect: proxy.urlOf, jobs: null });
    slow = openDb({ url: proxy.urlOf(app.databaseUrl), poolSize: 4 });
  });
  after(async () => {
    await slow.destroy();
    await app.stop();
    await proxy.cut();
  });

  for (const [name, bytes] of Object.entries(GARBAGE)) {
    it(`ends its connection and fails its queries, and nothing else: ${name}`, async () => {
      const asked = Promise.allSettled(
        [1, 2, 3].map(() => rows(acrossWorkspaces(slow), sql`select pg_sleep(0.3)`)),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      proxy.inject(bytes);
      const outcomes = await asked;
      // What is asked again on a new connection may succeed; what fails says that the database is away.
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          await expectRefusal(Promise.reject(outcome.reason as Error), 'busy');
      const deadline = Date.now() + 5_000;
      for (let inRow = 0; inRow < 5; inRow++) {
        const { status } = await app.request('GET', '/scim/v2/Users', { token: app.tokens.scim });
        if (status !== 200) inRow = 0;
        expect(Date.now()).to.be.below(deadline);
      }
      expect(await rows(acrossWorkspaces(slow), sql`select 1 as one`)).to.deep.equal([{ one: 1 }]);
    });
  }
});
