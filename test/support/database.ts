import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/store/db/migrate.ts';
import { openDb } from '../../src/store/db/pool.ts';

/** A database for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Ends its connections and removes it. */
  readonly drop: () => Promise<void>;
}

let template: Promise<string> | undefined;

/** A new migrated database on the test run's server: a copy of a template that is migrated once in a run. */
export async function createDatabase(): Promise<TestDatabase> {
  template ??= makeTemplate();
  return copyOf(await template);
}

/** A new database with nothing in it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return copyOf('template0');
}

async function copyOf(source: string): Promise<TestDatabase> {
  const name = newName();
  await onServer(`create database ${name} template ${source}`);
  return { url: urlOf(name), drop: () => dropDatabase(name) };
}

async function makeTemplate(): Promise<string> {
  const name = newName();
  await onServer(`create database ${name} template template0`);
  const db = openDb({ url: urlOf(name), poolSize: 1 });
  await migrate(db).finally(() => db.destroy());
  return name;
}

// The server may be a developer's own: nothing stays behind.
after('remove the template database', async () => {
  if (template) await dropDatabase(await template);
});

function dropDatabase(name: string): Promise<void> {
  return onServer(`drop database ${name} with (force)`);
}

function newName(): string {
  return `rollcall_test_${randomUUID().replaceAll('-', '')}`;
}

function serverUrl(): string {
  const url = process.env.DATABASE_URL;
  if (url === undefined) throw new Error('test/support/global.ts has not set DATABASE_URL.');
  return url;
}

function urlOf(name: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(serverUrl());
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
