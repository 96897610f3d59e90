import type { WorkspaceId } from '../../lib/ids.ts';
import type { NewProvisioningRequest } from '../../store/audit/scim-requests.ts';

/** What may wait in memory to be written: of one workspace, and of all together. Bytes are UTF-16. */
export const MOST_WAITING = {
  workspace: { entries: 2_500, bytes: 8 * 1_048_576 },
  process: { entries: 10_000, bytes: 32 * 1_048_576 },
} as const;

/** An entry that waits. */
export interface Waiting {
  readonly request: NewProvisioningRequest;
  readonly bytes: number;
}

/** Entries that wait to be written, of each workspace in the order in which they came. */
export interface ProvisioningQueue {
  /** Takes an entry in; false when its workspace or the process has no place left. */
  readonly add: (request: NewProvisioningRequest) => boolean;
  /** The workspaces that have entries waiting. */
  readonly workspaces: () => readonly WorkspaceId[];
  /** The oldest entries of a workspace, which stay until `remove`. */
  readonly oldest: (workspace: WorkspaceId, count: number) => readonly Waiting[];
  readonly remove: (workspace: WorkspaceId, gone: ReadonlySet<Waiting>) => void;
  /** How many entries wait: of one workspace, or of all. */
  readonly size: (workspace?: WorkspaceId) => number;
  /** When the entry came that has waited longest. */
  readonly oldestAt: () => Date | undefined;
}

interface Line {
  entries: Waiting[];
  bytes: number;
}

/** Makes an empty queue. A workspace that sends much fills only its own part of it. */
export function provisioningQueue(): ProvisioningQueue {
  const lines = new Map<WorkspaceId, Line>();
  let entries = 0;
  let bytes = 0;

  const hasRoom = (line: Line, more: number) =>
    line.entries.length < MOST_WAITING.workspace.entries &&
    line.bytes + more <= MOST_WAITING.workspace.bytes &&
    entries < MOST_WAITING.process.entries &&
    bytes + more <= MOST_WAITING.process.bytes;

  return {
    add: (request) => {
      const line = lines.get(request.workspace_id) ?? { entries: [], bytes: 0 };
      const size = sizeOf(request);
      if (!hasRoom(line, size)) return false;
      lines.set(request.workspace_id, line);
      line.entries.push({ request, bytes: size });
      line.bytes += size;
      entries += 1;
      bytes += size;
      return true;
    },
    workspaces: () => [...lines.keys()],
    oldest: (workspace, count) => lines.get(workspace)?.entries.slice(0, count) ?? [],
    remove: (workspace, gone) => {
      const line = lines.get(workspace);
      if (!line) return;
      const left = line.entries.filter((one) => !gone.has(one));
      const leftBytes = left.reduce((sum, one) => sum + one.bytes, 0);
      entries -= line.entries.length - left.length;
      bytes -= line.bytes - leftBytes;
      if (left.length === 0) lines.delete(workspace);
      else lines.set(workspace, { entries: left, bytes: leftBytes });
    },
    size: (workspace) => (workspace === undefined ? entries : (lines.get(workspace)?.entries.length ?? 0)),
    oldestAt: () => {
      const first = [...lines.values()].flatMap((line) => line.entries[0]?.request.at ?? []);
      return first.reduce<Date | undefined>((least, at) => (least && least < at ? least : at), undefined);
    },
  };
}

/** Bytes of a JavaScript object with nothing in it but a few fields and short texts. */
const FIXED_BYTES = 1_000;

function sizeOf({ path, query, body, detail, mentions }: NewProvisioningRequest): number {
  const characters =
    path.length + (query?.length ?? 0) + (body?.length ?? 0) + (detail?.length ?? 0) + mentions.length * 48;
  return FIXED_BYTES + 2 * characters;
}
