import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The secret that is kept in the data directory, made at the first call: 64 hexadecimal characters in `secret-key`,
 * readable by its owner alone. Two processes that start together get the same.
 */
export async function keptSecretKey(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret-key');
  await mkdir(dataDir, { recursive: true });
  const kept = await readIfAny(file);
  if (kept !== undefined) return kept;
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // Unlike a rename it never replaces what another process has made meanwhile.
    await link(draft, file).catch(unlessCode('EEXIST'));
  } finally {
    await rm(draft);
  }
  return (await readFile(file, 'utf8')).trim();
}

async function readIfAny(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(unlessCode('ENOENT'));
  return text?.trim();
}

function unlessCode(expected: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as { code?: unknown }).code !== expected) throw error;
    return undefined;
  };
}
