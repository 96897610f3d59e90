import { statfs } from 'node:fs/promises';
import type { Db } from '../../store/db/pool.ts';
import { writability } from '../../store/db/writable.ts';
import type { Core } from './core.ts';

const MB = 1024 * 1024;

/** PostgreSQL writes its WAL in files of 16 MB, and stops when it can't create the next. */
const MIN_FREE_BYTES = 64 * MB;

/** Milliseconds for which a result is reused: anyone may ask, and each check writes to the disk. */
const CACHE_MS = 5_000;

const cache = new WeakMap<Db, { readonly until: number; readonly problem: Promise<string | undefined> }>();

/**
 * Why nothing can be written at the moment, in words for the operator; undefined when writing works, or when the
 * database does not answer and so can't tell.
 */
export async function storageProblem(core: Core): Promise<string | undefined> {
  return (await diskProblem(core)) ?? (await databaseProblem(core.db));
}

/** Checks only the disk of the embedded database, which works without the database. */
export async function diskProblem({ storage }: Core): Promise<string | undefined> {
  if (!storage) return undefined;
  const stats = await statfs(storage.directory).catch(() => undefined);
  if (!stats) return undefined;
  const free = stats.bavail * stats.bsize;
  if (free >= (storage.minFreeBytes ?? MIN_FREE_BYTES)) return undefined;
  return `the disk is full: ${Math.floor(free / MB)} MB are left for the database; free some space`;
}

function databaseProblem(db: Db): Promise<string | undefined> {
  const known = cache.get(db);
  if (known && known.until > Date.now()) return known.problem;
  const problem = writability(db).then(
    (answer) => PROBLEMS[answer],
    () => undefined,
  );
  cache.set(db, { until: Date.now() + CACHE_MS, problem });
  return problem;
}

const PROBLEMS = {
  writable: undefined,
  'disk full': "the disk is full: the database cannot write; free some space on the database's machine",
  'read-only': 'the database is read-only: a standby, or one whose disk is full',
} as const;
