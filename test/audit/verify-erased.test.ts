import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealAudit } from '../../src/core/audit/chain/seal.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('npm run audit:verify after an erasure', function () {
  this.timeout(60_000);
  let app: TestApp;
  let directory: string;

  before(async () => {
    app = await startApp({ jobs: null });
    directory = await mkdtemp(join(tmpdir(), 'rollcall-erasure-'));
  });
  after(async () => {
    await app.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const saved = async (name: string, path: string) => {
    const { body } = await app.request('GET', `/api/v1${path}`, { token: app.tokens.admin });
    await writeFile(join(directory, name), typeof body === 'string' ? body : JSON.stringify(body));
    return join(directory, name);
  };
  const run = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, DATABASE_URL: app.databaseUrl, SECRET_KEY: 'k'.repeat(32) };
      execFile(process.execPath, ['src/audit-verify/main.ts', ...args], { env }, (_, out, err) =>
        resolve(out + err),
      );
    });
  const WELL = 'The audit is as it was written.';

  it('verifies the database, a file of before, and one of after, with a checkpoint of before', async () => {
    const { body } = await app.request('POST', '/scim/v2/Users', {
      token: app.tokens.scim,
      body: { userName: 'filed@example.com', active: false },
    });
    await sealAudit(app.core);
    const checkpoint = await saved('checkpoint.json', '/audit/checkpoint');
    const before = await saved('before.jsonl', '/exports/audit.jsonl');
    const { status } = await app.request('POST', `/api/v1/users/${String(body.id)}/erase`, {
      token: app.tokens.admin,
    });
    expect(status).to.equal(200);
    const unsealed = await saved('unsealed.jsonl', '/exports/audit.jsonl');
    await sealAudit(app.core);
    const sealed = await saved('sealed.jsonl', '/exports/audit.jsonl');
    for (const file of [before, unsealed, sealed])
      expect(await run('--file', file, '--checkpoint', checkpoint), file).to.contain(WELL);
    expect(await run('--workspace', 'default', '--checkpoint', checkpoint)).to.contain(WELL);
    const { body: over } = await app.request('GET', '/api/v1/audit/verify', { token: app.tokens.admin });
    expect(over).to.include({ ok: true, firstBroken: null });
  });

  it('finds in a file what was told again, and an erasure that no event tells of', async () => {
    const path = await saved('told.jsonl', '/exports/audit.jsonl');
    const { body } = await app.request<string>('GET', '/api/v1/exports/audit.jsonl', {
      token: app.tokens.admin,
    });
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const created = lines.findIndex(({ event }) => event.action === 'user.created');
    const told = lines.with(created, {
      ...lines[created]!,
      event: { ...lines[created]!.event, after: { userName: 'somebody@else.io' } },
    });
    await writeFile(path, told.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(await run('--file', path))
      .to.contain('BROKEN')
      .and.to.contain(`"seq":${created + 1}`);
    const end = lines.findIndex(({ event }) => event.action === 'user.erased');
    await writeFile(
      path,
      lines
        .slice(0, end)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
    expect(await run('--file', path)).to.contain('BROKEN');
  });
});

interface Line {
  readonly event: { readonly action: string; readonly after: unknown };
}
