import { readChainLine } from '../core/audit/chain/chain-file.ts';
import { type Broken, type ChainResult, chainWalk, ERASURE } from '../core/audit/chain/verify-chain.ts';
import type { Head } from '../core/context/signing.ts';
import { fileLines } from './lines.ts';

/** What verifying a file has shown. */
export interface FileResult extends Pick<ChainResult, 'signature' | 'keys' | 'warnings'> {
  readonly ok: boolean;
  readonly workspaceId: string;
  readonly events: number;
  readonly sealed: number;
  readonly head: string | null;
  readonly firstBroken: Broken | null;
}

/**
 * Verifies an exported chain (`audit.jsonl`) with nothing but the file, line by line in constant memory. Throws when it
 * can't be read, or holds another workspace than the one that is asked for.
 */
export async function verifyFile(
  path: string,
  asked: {
    readonly workspaceId: string | undefined;
    readonly publicKey: string | undefined;
    readonly checkpoint: Head | undefined;
  },
): Promise<FileResult> {
  let workspaceId = asked.workspaceId ?? asked.checkpoint?.workspaceId;
  let walk = workspaceId === undefined ? undefined : chainWalk(workspaceId, asked);
  let [number, sealed, unsealed] = [0, 0, 0];
  for await (const text of fileLines(path)) {
    number++;
    const line = text === undefined ? undefined : readChainLine(text);
    workspaceId ??= line?.workspaceId;
    if (workspaceId === undefined)
      throw new Error('The file does not begin with a line of an exported audit.');
    walk ??= chainWalk(workspaceId, asked);
    if (line && line.workspaceId !== workspaceId)
      throw new Error(`Line ${number} is of workspace ${line.workspaceId}, not of ${workspaceId}.`);
    if (!line) {
      const why = text === undefined ? 'is too long' : 'is no line of an exported audit';
      walk.unreadable(`Line ${number} of the file ${why}.`);
    } else if (line.sealed === null) {
      unsealed++;
      if (line.event.action === ERASURE) walk.explain(line.event.target_id);
    } else {
      sealed++;
      walk.take(line.sealed);
    }
  }
  if (!walk || workspaceId === undefined) throw new Error('The file is empty: name the workspace by its id.');
  const { sealed: walked, head: hash, ...result } = walk.end();
  const head = walked === 0 ? null : hash;
  return { ok: result.firstBroken === null, workspaceId, events: sealed + unsealed, sealed, head, ...result };
}
