import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REGISTER = fileURLToPath(new URL('../../src/typescript/register.js', import.meta.url));

describe('TypeScript, as a server runs it', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rollcall-typescript-'));
  });
  after(() => rm(directory, { recursive: true }));

  const run = async (source: string): Promise<{ out: string; complaint: string }> => {
    const file = join(directory, 'it.mts.ts');
    await writeFile(file, source);
    const args = ['--import', pathToFileURL(REGISTER).href, file];
    return new Promise((resolve) => {
      execFile(process.execPath, args, (_error, out, complaint) => resolve({ out, complaint }));
    });
  };

  it('makes a function without calling anything to name it', async () => {
    const { out, complaint } = await run(`
      const make = (): (() => string) => {
        const inner = (): string => 'made';
        return inner;
      };
      process.stdout.write(make()() + make().name + String(make));
    `);
    expect([out.slice(0, 9), complaint]).to.deep.equal(['madeinner', '']);
    expect(out).not.to.contain('__name');
  });

  it('tells where in the source something failed', async () => {
    const { complaint } = await run(`interface Gone {
      readonly it: string;
    }

    const gone = undefined as unknown as Gone;
    console.log(
      gone.it,
    );`);
    expect(complaint).to.match(/it\.mts\.ts:7:\d+/);
  });

  it('ends with what a mistake in it is', async () => {
    const { complaint } = await run('const it: = 1;');
    expect(complaint).to.contain('it.mts.ts:1');
  });
});
