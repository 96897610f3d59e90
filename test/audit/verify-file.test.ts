import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { startApp, type TestApp } from '../support/app.ts';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

describe('npm run audit:verify', function () {
  this.timeout(60_000);
  let app: TestApp;
  let directory: string;
  let lines: string[];
  let checkpoint: string;

  const get = async (path: string) => {
    const { status, body } = await app.request<string>('GET', `/api/v1${path}`, { token: app.tokens.admin });
    expect(status).to.equal(200);
    return typeof body === 'string' ? body : JSON.stringify(body);
  };

  before(async () => {
    app = await startApp({ jobs: null });
    directory = await mkdtemp(join(tmpdir(), 'rollcall-verify-'));
    for (const key of ['one', 'two', 'three'])
      await app.request('POST', '/api/v1/projects', {
        token: app.tokens.admin,
        body: { key, name: `Project ${key}` },
      });
    await sealAudit(app.core);
    checkpoint = join(directory, 'checkpoint.json');
    await writeFile(checkpoint, await get('/audit/checkpoint'));
    const all = (await get('/exports/audit.jsonl')).trimEnd().split('\n');
    // The last is the beginning of this export, which nobody has sealed yet.
    expect(JSON.parse(all.at(-1)!))
      .to.deep.include({ seq: null })
      .and.to.have.nested.property('event.action', 'export.started');
    lines = all.slice(0, -1);
    expect(lines).to.have.length.above(5);
  });
  after(async () => {
    await app.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Runs it with neither a database nor settings. */
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        ['src/audit-verify/main.ts', ...args],
        { env: { PATH: process.env.PATH, ...env } },
        (failure, out, error) => resolve({ code: failure ? Number(failure.code) : 0, out, error }),
      );
    });
  const verify = async (file: readonly string[], ...args: string[]) => {
    const path = join(directory, 'audit.jsonl');
    await writeFile(path, file.map((line) => `${line}\n`).join(''));
    return run(['--file', path, ...args]);
  };
  const broken = ({ code, out }: Run) => {
    expect(code, out).to.equal(1);
    return JSON.parse(/BROKEN: (.*)/.exec(out)?.[1] ?? 'null') as { seq: number; problem: string };
  };
  const changed = (index: number, change: (line: { event: { action: string } }) => void) => {
    const line = JSON.parse(lines[index]!) as { event: { action: string } };
    change(line);
    return lines.with(index, JSON.stringify(line));
  };

  it('verifies an exported file alone', async () => {
    const { code, out, error } = await verify(lines);
    expect(error).to.equal('');
    expect(code).to.equal(0);
    expect(out).to.contain(`Events: ${lines.length}, sealed: ${lines.length}`);
    expect(out).to.contain('as it was written');
    const signed = await verify(lines, '--checkpoint', checkpoint);
    expect(signed).to.include({ code: 0 });
    expect(signed.out).to.contain('signed by the key');
  });

  it('takes what is not sealed yet for what it is', async () => {
    await app.request('POST', '/api/v1/projects', {
      token: app.tokens.admin,
      body: { key: 'four', name: '4' },
    });
    const all = (await get('/exports/audit.jsonl')).trimEnd().split('\n');
    const { code, out } = await verify(all, '--checkpoint', checkpoint);
    expect(code, out).to.equal(0);
    expect(out).to.contain(`Events: ${lines.length + 4}, sealed: ${lines.length}`);
  });

  it('names what was altered, removed, moved, and put in', async () => {
    expect(broken(await verify(changed(2, ({ event }) => (event.action = 'x'))))).to.include({
      seq: 3,
      problem: 'altered',
    });
    expect(broken(await verify(lines.toSpliced(2, 1)))).to.include({ seq: 3, problem: 'removed' });
    const swapped = lines.with(2, lines[3]!).with(3, lines[2]!);
    expect(broken(await verify(swapped))).to.include({ seq: 3, problem: 'moved' });
    expect(broken(await verify(lines.toSpliced(2, 0, lines[1]!)))).to.include({ problem: 'moved' });
    expect(broken(await verify(lines.with(2, 'not a line')))).to.include({ seq: 3, problem: 'altered' });
  });

  it('reads a file whose texts hold other line separators, and says which line is too long to be one', async () => {
    // As versions before took it.
    await app.core.db.raw(
      `insert into audit_events (workspace_id, id, at, actor_kind, actor_name, request_id, action, target_kind,
         target_id, target_name)
       select id, gen_random_uuid(), clock_timestamp(), 'system', 'x', 'x', 'project.updated', 'project', 'x', ?
       from workspaces where key = 'default'`,
      ['Line\u2028separator'],
    );
    await sealAudit(app.core);
    const all = (await get('/exports/audit.jsonl')).trimEnd().split('\n');
    expect(all.some((line) => line.includes('\u2028'))).to.equal(true);
    expect((await verify(all)).code).to.equal(0);
    expect((await verify(all.map((line) => `${line}\r`))).code).to.equal(0);
    const endless = await verify(lines.with(2, 'x'.repeat(65 * 1024 * 1024)));
    expect(broken(endless)).to.include({ seq: 3, problem: 'altered' });
    expect(endless.out).to.contain('Line 3 of the file is too long');
  });

  it('finds the end cut off, with a checkpoint also where a batch ended', async () => {
    expect(broken(await verify(lines.slice(0, -1)))).to.include({ problem: 'signature' });
    const cut = await verify(lines.slice(0, -1), '--checkpoint', checkpoint);
    expect(broken(cut)).to.include({ seq: lines.length, problem: 'removed' });
    expect(broken(await verify([], '--checkpoint', checkpoint))).to.include({ seq: 1, problem: 'removed' });
  });

  it('says what it cannot verify', async () => {
    expect(await run([])).to.include({ code: 2 });
    expect((await run(['--file', join(directory, 'no-such-file')])).code).to.equal(2);
    const forged = join(directory, 'forged.json');
    const text = await readFile(checkpoint, 'utf8');
    await writeFile(forged, text.replace(/"seq":\d+/, '"seq":1'));
    const { code, error } = await verify(lines, '--checkpoint', forged);
    expect(code).to.equal(2);
    expect(error).to.contain('is not signed');
    expect((await verify(lines, '--workspace', '00000000-0000-4000-8000-000000000000')).code).to.equal(2);
  });

  it('verifies the database that the settings name', async () => {
    const env = { DATABASE_URL: app.databaseUrl, SECRET_KEY: 'k'.repeat(32) };
    const { code, out, error } = await run(['--workspace', 'default', '--checkpoint', checkpoint], env);
    expect(code, error).to.equal(0);
    expect(out).to.contain('signed by the key');
    const other = await run(['--workspace', 'default'], { ...env, SECRET_KEY: 'o'.repeat(32) });
    expect(other.out).to.contain('another key');
    expect((await run(['--workspace', 'nobody'], env)).code).to.equal(2);
  });
});
