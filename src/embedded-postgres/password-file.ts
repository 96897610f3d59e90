import { join } from 'node:path';
import type { Place } from './place.ts';
import { readPrivateFile } from './private-file.ts';

/** In the cluster itself, so that a copy of the one is a copy of the other. */
export const passwordFile = (directory: string) => join(directory, 'rollcall.password');

/** The password of the cluster, for whoever may read it; undefined when there is none that is secret. */
export async function readPassword({ directory, account }: Place): Promise<string | undefined> {
  const owners = [process.getuid?.() ?? 0, ...(account === undefined ? [] : [account.uid])];
  const text = (await readPrivateFile(passwordFile(directory), owners))?.trim();
  return text !== undefined && /^[\w-]{43}$/.test(text) ? text : undefined;
}
