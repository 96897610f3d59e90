import type { RequestHandler } from 'express';
import { RollcallError } from '../lib/errors.ts';
import { cancelled } from '../lib/gate.ts';
import { held, refusals } from '../lib/metrics.ts';
import { tokenOf } from './bearer.ts';
import { whenOver } from './over.ts';

/** Bytes of bodies that are held at once: from when they come until their request has been answered. */
const PER_WORKSPACE = 16 * 1_048_576;
const TOTAL = 64 * 1_048_576;
/** Milliseconds for which what a length announces counts, whether it comes or not. */
const ANNOUNCED_MS = 5_000;
/** Bytes of each that do not count: a body of one person is never refused because of others' large ones. */
const FREE = 65_536;

/** What one request holds of the budget. */
interface Share {
  /** Counts so many bytes in all. Throws `rate_limited` or `busy`, and `cancelled` once it was released. */
  readonly growTo: (bytes: number) => void;
  /** Counts no more than so many bytes. */
  readonly shrinkTo: (bytes: number) => void;
  /** Counts nothing any more, whatever may still come. */
  readonly release: () => void;
}

/** The budget for the bodies of a process, and of each workspace. */
export interface BodyBudget {
  readonly open: (workspaceId: string) => Share;
}

export function createBodyBudget(perWorkspace = PER_WORKSPACE, total = TOTAL): BodyBudget {
  const ofWorkspace = new Map<string, number>();
  const counter = held('bodies');
  let all = 0;

  const add = (workspaceId: string, bytes: number): void => {
    all += bytes;
    counter.now += bytes;
    const sum = (ofWorkspace.get(workspaceId) ?? 0) + bytes;
    if (sum > 0) ofWorkspace.set(workspaceId, sum);
    else ofWorkspace.delete(workspaceId);
  };

  return {
    open: (workspaceId) => {
      let counted = 0;
      let isReleased = false;
      const shrinkTo = (bytes: number): void => {
        const less = counted - Math.max(0, bytes - FREE);
        if (less <= 0) return;
        counted -= less;
        add(workspaceId, -less);
      };
      return {
        growTo: (bytes) => {
          if (isReleased) throw cancelled();
          const more = Math.max(0, bytes - FREE) - counted;
          if (more <= 0) return;
          if ((ofWorkspace.get(workspaceId) ?? 0) + more > perWorkspace) throw refusal('workspace');
          if (all + more > total) throw refusal('process');
          counted += more;
          add(workspaceId, more);
        },
        shrinkTo,
        release: () => {
          isReleased = true;
          shrinkTo(0);
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
 * compressed counts as the most that may come of it; what is announced counts for five seconds as if it had come, then as
 * what has. What is refused in the middle is read on and thrown away, so that the connection can be used again. To be
 * used after `bearer`.
 */
export function withinBodyBudget(parse: RequestHandler, limit: number): RequestHandler {
  return (req, res, next) => {
    const share = budget.open(tokenOf(req).workspaceId);
    whenOver(res, share.release);
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
    if (!isCompressed && declared > FREE) {
      const settle = setTimeout(() => share.shrinkTo(received), ANNOUNCED_MS).unref();
      whenOver(res, () => clearTimeout(settle));
    }
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
