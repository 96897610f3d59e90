import type { Core } from '../../src/core/context/core.ts';
import { deriveSigningKey } from '../../src/core/context/signing.ts';
import { openDb } from '../../src/store/db/pool.ts';
import { createDatabase } from '../support/database.ts';
import { asSuperuser } from './tampering.ts';

/** A database whose audit is sealed with a key, and what can be tried on it past the core. */
export interface SealedDatabase {
  readonly url: string;
  readonly core: Core & { readonly signing: NonNullable<Core['signing']> };
  /** Runs statements as somebody whom no trigger stops. */
  readonly superuser: (...statements: readonly string[]) => Promise<Record<string, unknown>[]>;
  /** Runs a statement as Rollcall itself could; answers why it was refused, or `done`. */
  readonly plainly: (statement: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Makes a new one. */
export async function openSealedDatabase(): Promise<SealedDatabase> {
  const database = await createDatabase();
  const db = openDb({ url: database.url, poolSize: 10 });
  return {
    url: database.url,
    core: { db, signing: deriveSigningKey('a secret of the tests, long enough') },
    superuser: (...statements) => asSuperuser(database, ...statements),
    plainly: async (statement) => {
      const failure: unknown = await db.raw(statement).then(
        () => undefined,
        (error: unknown) => error,
      );
      return failure instanceof Error ? failure.message : 'done';
    },
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}
