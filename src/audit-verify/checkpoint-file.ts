import { readFile } from 'node:fs/promises';
import type { Checkpoint } from '../core/audit/chain/checkpoint.ts';
import { isSignedHead } from '../core/context/signing.ts';

/**
 * Reads a kept checkpoint and checks that the key signed it: the one that is given, else the checkpoint's own. Throws
 * when it is none, or not signed so.
 */
export async function readCheckpoint(path: string, publicKey: string | undefined): Promise<Checkpoint> {
  const read = JSON.parse(await readFile(path, 'utf8')) as Partial<Checkpoint>;
  const { workspaceId, seq, hash, at, publicKey: own, signature } = read;
  const texts = [workspaceId, hash, at, own, signature].every((one) => typeof one === 'string');
  if (!texts || typeof seq !== 'number') throw new Error(`${path} is no checkpoint of an audit.`);
  const checkpoint = read as Checkpoint;
  if (!isSignedHead(publicKey ?? checkpoint.publicKey, checkpoint, checkpoint.signature))
    throw new Error(
      `${path} is not signed by ${publicKey === undefined ? 'the key in it' : 'the key given'}.`,
    );
  return checkpoint;
}
