import { statfs } from 'node:fs/promises';
import type { Db } from '../../store/db/pool.ts';
import { writability } from '../../store/db/writable.ts';
import type { Core } from './core.ts';

const MB = 1024 * 1024;

/** PostgreSQL writes its log in files of 16 MB, and stops when it can make no other. */
const LEAST_FREE = 64 * MB;

/** Milliseconds for which an answer stands: anybody may ask, and the disk is written to for it. */
const STANDS_FOR = 5_000;

const answers = new WeakMap<Db, { readonly until: number; readonly problem: Promise<string | undefined> }>();

/**
 * Why nothing can be written at the moment, in words for the operator; undefined when it can, or when nobody knows
 * because the database does not answer.
 */
export async function storageProblem(core: Core): Promise<string | undefined> {
  return (await diskProblem(core)) ?? (await databaseProblem(core.db));
}

/** Looks at the disk of the embedded database alone, which needs no database that answers. */
export async function diskProblem({ storage }: Core): Promise<string | undefined> {
  if (!storage) return undefined;
  const found = await statfs(storage.directory).catch(() => undefined);
  if (!found) return undefined;
  const free = found.bavail * found.bsize;
  if (free >= (storage.leastFree ?? LEAST_FREE)) return undefined;
  return `the disk is full: ${Math.floor(free / MB)} MB are left for the database; free some space`;
}

function databaseProblem(db: Db): Promise<string | undefined> {
  const known = answers.get(db);
  if (known && known.until > Date.now()) return known.problem;
  const problem = writability(db).then(
    (answer) => PROBLEMS[answer],
    () => undefined,
  );
  answers.set(db, { until: Date.now() + STANDS_FOR, problem });
  return problem;
}

const PROBLEMS = {
  writable: undefined,
  'disk full': "the disk is full: the database cannot write; free some space on the database's machine",
  'read-only': 'the database is read-only: a standby, or one whose disk is full',
} as const;
