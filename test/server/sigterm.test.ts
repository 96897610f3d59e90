import { expect } from 'chai';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, startProcess } from '../support/process.ts';

describe('SIGTERM on kept connections', function () {
  this.timeout(60_000);

  let database: TestDatabase;
  let server: ServerProcess;

  beforeEach(async () => {
    database = await createEmptyDatabase();
    server = await startProcess({
      DATABASE_URL: database.url,
      SECRET_KEY: 'k'.repeat(32),
      ADMIN_TOKEN: 'admin-token-of-the-signal-test-00',
      RATE_LIMIT_PER_SECOND: '0',
    });
    await server.listening;
  });
  afterEach(async () => {
    server.signal('SIGKILL');
    await server.ended;
    await database.drop();
  });

  /** What came of one request: `close` or `keep-alive`, or the code of what went wrong. */
  const send = (agent: Agent, path: string): Promise<string> =>
    new Promise((resolve) => {
      const headers = { Authorization: 'Bearer admin-token-of-the-signal-test-00' };
      const sent = request(`${server.url}${path}`, { agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.headers.connection ?? 'none'));
        response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      sent.end();
    });

  it('answers what comes on them and says that it closes; none is reset', async () => {
    const paths = ['/healthz', '/api/v1/workspace', '/api/v1/users?limit=5'];
    const outcomes: string[] = [];
    const clients = Array.from({ length: 24 }, async (_, index) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (;;) {
        const outcome = await send(agent, paths[index % paths.length]!);
        outcomes.push(outcome);
        if (outcome !== 'keep-alive') break;
        // Some send at once, some leave the connection idle for a while.
        await sleep(index % 4 === 0 ? 0 : Math.random() * 150 * (index % 4));
      }
      agent.destroy();
    });
    await sleep(1_500);
    const begun = Date.now();
    server.signal('SIGTERM');
    await Promise.all(clients);
    expect(outcomes.filter((outcome) => outcome !== 'keep-alive')).to.deep.equal(
      Array<string>(24).fill('close'),
    );
    expect(await server.ended).to.equal(0);
    expect(Date.now() - begun).to.be.below(10_000);
  });

  it('does not wait long for those on which nothing comes', async () => {
    const agent = new Agent({ keepAlive: true });
    expect(await send(agent, '/healthz')).to.equal('keep-alive');
    const begun = Date.now();
    server.signal('SIGTERM');
    expect(await server.ended).to.equal(0);
    expect(Date.now() - begun).to.be.below(6_000);
    agent.destroy();
  });
});
