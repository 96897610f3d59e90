import type { RequestHandler } from 'express';
import { RollcallError } from '../lib/errors.ts';
import { refusals } from '../lib/metrics.ts';
import { tokenOf } from './bearer.ts';

/** Bytes of bodies that are held at once: from when they come until their request has been answered. */
const PER_WORKSPACE = 16 * 1_048_576;
const TOTAL = 64 * 1_048_576;
/** Bytes of each that do not count: a body of one person is never refused because of others' large ones. */
const FREE = 65_536;

/** What one request holds of the budget. */
interface Share {
  /** Counts so many bytes in all. Throws `rate_limited` or `busy`. */
  readonly growTo: (bytes: number) => void;
  readonly release: () => void;
}

/** The budget for the bodies of a process, and of each workspace. */
export interface BodyBudget {
  readonly open: (workspaceId: string) => Share;
}

export function createBodyBudget(perWorkspace = PER_WORKSPACE, total = TOTAL): BodyBudget {
  const held = new Map<string, number>();
  let all = 0;

  const add = (workspaceId: string, bytes: number): void => {
    all += bytes;
    const sum = (held.get(workspaceId) ?? 0) + bytes;
    if (sum > 0) held.set(workspaceId, sum);
    else held.delete(workspaceId);
  };

  return {
    open: (workspaceId) => {
      let counted = 0;
      return {
        growTo: (bytes) => {
          const more = Math.max(0, bytes - FREE) - counted;
          if (more <= 0) return;
          if ((held.get(workspaceId) ?? 0) + more > perWorkspace) throw refusal('workspace');
          if (all + more > total) throw refusal('process');
          counted += more;
          add(workspaceId, more);
        },
        release: () => {
          add(workspaceId, -counted);
          counted = 0;
        },
      };
    },
  };
}

function refusal(by: 'workspace' | 'process'): RollcallError {
  refusals.inc({ limit: 'bodies', by });
  return by === 'workspace'
    ? new RollcallError(
        'rate_limited',
        `Bodies of ${PER_WORKSPACE / 1_048_576} MiB in all are taken of a workspace at once. Send large ones one after the other.`,
        { retryAfter: 2 },
      )
    : new RollcallError('busy', 'The server is taking as many large bodies as it can; try again shortly.', {
        retryAfter: 2,
      });
}

const budget = createBodyBudget();

/**
 * A body parser that reads within the budget of the token's workspace. `limit` is the parser's own, in bytes. What is
 * compressed counts as the most that may come of it. What is refused in the middle is read on and thrown away, so that
 * the connection can be used again. To be used after `bearer`.
 */
export function withinBodyBudget(parse: RequestHandler, limit: number): RequestHandler {
  return (req, res, next) => {
    const share = budget.open(tokenOf(req).workspaceId);
    res.once('close', share.release);
    let isOver = false;
    const end = (error?: unknown): void => {
      if (isOver) return;
      isOver = true;
      next(error);
    };
    const isCompressed = (req.headers['content-encoding'] ?? 'identity') !== 'identity';
    const declared = Number(req.headers['content-length'] ?? 0);
    // The parser refuses what is larger before it reads any of it.
    share.growTo(isCompressed ? limit : declared <= limit ? declared : 0);
    let received = 0;
    if (!isCompressed)
      req.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (isOver || received > limit) return;
        try {
          share.growTo(received);
        } catch (error) {
          req.removeAllListeners('data');
          req.resume();
          end(error);
        }
      });
    void parse(req, res, end);
  };
}
