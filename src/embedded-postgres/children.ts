import { spawn } from 'node:child_process';
import type { Account } from './account.ts';

export interface Outcome {
  /** True when the program ran and ended with 0. */
  readonly ok: boolean;
  /** What it wrote to stdout and stderr, or why it could not be started. */
  readonly output: string;
}

/**
 * The options under which every child of this module runs: as `account` (undefined: as ourselves), from a
 * directory that anyone may enter, and with nothing of our environment, since PG*, LC_* and LANG would change
 * what initdb and postgres do.
 */
export function childOptions(account: Account | undefined): {
  cwd: string;
  env: Record<string, string>;
  uid?: number;
  gid?: number;
} {
  const options = { cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } };
  return account === undefined ? options : { ...options, uid: account.uid, gid: account.gid };
}

/** Runs a program to its end, with `input` on its standard input. Never rejects. */
export async function run(
  program: string,
  args: readonly string[],
  account?: Account,
  input = '',
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...childOptions(account), stdio: 'pipe' });
    // A program that ends without reading leaves a closed pipe, and says itself what is wrong.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => {
      resolve({ ok: false, output: error.message });
    });
    child.once('close', (code) => {
      resolve({ ok: code === 0, output: output.trim() });
    });
  });
}
