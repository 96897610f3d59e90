import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { jsonReport, textReport } from '../../tools/conformance/report.ts';
import { requirements } from '../../tools/conformance/requirements/index.ts';
import { run, type Run } from '../../tools/conformance/runner.ts';
import { type Fault, FAULTS, type FaultyServer, startFaultyServer, TOKEN } from './faulty-server.ts';

// Those that a server with no optional feature can meet; the rest would wait for what it has not.
const chosen = requirements.filter(({ id }) => Object.values<string>(FAULTS).includes(id));

function outcomes(done: Run): Record<string, string> {
  return Object.fromEntries(done.results.map(({ requirement, outcome }) => [requirement.id, outcome]));
}

describe('The conformance tester, on servers that are wrong', () => {
  let server: FaultyServer | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  it('finds nothing wrong with a server that is right', async () => {
    server = await startFaultyServer([]);
    const done = await run({ base: server.base, token: TOKEN, requirements: chosen });
    expect(done.results, textReport(done)).to.have.lengthOf(Object.keys(FAULTS).length);
    expect(new Set(Object.values(outcomes(done))), textReport(done)).to.deep.equal(new Set(['pass']));
  });

  for (const [fault, id] of Object.entries(FAULTS) as [Fault, string][]) {
    it(`finds the fault ${fault}, by ${id}`, async () => {
      server = await startFaultyServer([fault]);
      const only = requirements.filter((requirement) => requirement.id === id);
      const done = await run({ base: server.base, token: TOKEN, requirements: only });
      expect(outcomes(done), textReport(done)).to.have.property(id, 'fail');
    });
  }

  it('shows the requirement, the request and the answer, without secrets', async () => {
    server = await startFaultyServer(['passwordShown', 'conflictIs400']);
    const done = await run({ base: server.base, token: TOKEN, requirements: chosen });
    const report = textReport(done);
    expect(report).to.contain('FAIL 7644-3.3-06 MUST').and.to.contain('MUST return HTTP status code 409');
    expect(report)
      .to.match(/> POST \S+\/scim\/Users/)
      .and.to.match(/< 400/);
    expect(report).to.match(/2 MUST failed\.\n$/);
    expect(jsonReport(done)).to.contain('"password\\":\\"***').and.not.to.contain('Tr0ub4dor');
    expect(jsonReport(done)).not.to.contain(TOKEN);
  });

  it('deletes what it made after failures, and when it is interrupted', async () => {
    server = await startFaultyServer(['plainErrors', 'noLocation', 'putCreates']);
    const failing = await run({ base: server.base, token: TOKEN, requirements });
    expect([...server.users.keys()], textReport(failing)).to.deep.equal([]);

    const abort = new AbortController();
    const onResult = () => {
      if (server && server.users.size > 3) abort.abort();
    };
    const stopped = await run({
      base: server.base,
      token: TOKEN,
      requirements,
      signal: abort.signal,
      onResult,
    });
    expect(stopped.isInterrupted).to.equal(true);
    expect(stopped.results.length).to.be.lessThan(requirements.length);
    expect([...server.users.keys()]).to.deep.equal([]);
  }).timeout(60_000);

  it('says so when there is no server', async () => {
    const outcome = await run({ base: 'http://127.0.0.1:1/scim', token: 'x', requirements: chosen }).catch(
      String,
    );
    expect(outcome).to.contain('no answer came');
  });

  it('ends with 1 when a MUST fails, with 0 when none does, and with 2 when it is not told what to test', async () => {
    server = await startFaultyServer(['conflictIs400']);
    const target = ['--base', server.base, '--token', TOKEN, '--only'];
    expect(await command(...target, '7644-3.3-06')).to.equal(1);
    expect(await command(...target, '7644-3.3-03,7644-3.8-01')).to.equal(0);
    expect(await command('--base', server.base)).to.equal(2);
  }).timeout(60_000);
});

async function command(...args: readonly string[]): Promise<unknown> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const path = ['tools/conformance/main.ts', ...args];
  const child = spawn(process.execPath, path, { cwd: root, stdio: 'ignore' });
  const [code] = (await once(child, 'close')) as [unknown];
  return code;
}
