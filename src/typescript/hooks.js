import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/**
 * Loads our TypeScript without its types, as a server runs it. tsx, which tests and commands run with, gives each
 * function that is made its name by a call, also those that are made for a request (docs/adr/0014).
 *
 * @type {import('node:module').LoadHook}
 */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const sourcefile = fileURLToPath(url);
  const options = { loader: 'ts', sourcefile, sourcemap: 'inline', target: 'node20' };
  const { code } = await transform(await readFile(sourcefile, 'utf8'), options);
  return { format: 'module', source: code, shortCircuit: true };
}
