import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import ts from 'typescript';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { TENANT_TABLES } from '../support/tenant-tables.ts';

/** Tables that are of no workspace, each with the reason. */
const OF_NO_WORKSPACE: Readonly<Record<string, string>> = {
  workspaces: 'its rows are the workspaces',
  knex_migrations: 'what the database has been migrated to',
  knex_migrations_lock: 'likewise',
};

/** Unique indexes without the workspace, each with the reason. */
const UNIQUE_IN_ALL: Readonly<Record<string, string>> = {
  tokens_hash_unique: 'a token is looked up by its secret before its workspace is known',
  invitations_id_unique: 'a link names an invitation before its workspace is known',
};

const STORE = new URL('../../src/store/', import.meta.url).pathname;

/** The source files of the store, but for its plumbing, which carries statements without knowing what they ask. */
function storeFiles(): string[] {
  return readdirSync(STORE, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('db/'))
    .map((path) => join(STORE, path));
}

describe('the store keeps workspaces apart', () => {
  let database: TestDatabase;
  let client: pg.Client;
  before(async () => {
    database = await createDatabase();
    client = new pg.Client(database.url);
    await client.connect();
  });
  after(async () => {
    await client.end();
    await database.drop();
  });

  async function column(query: string): Promise<string[]> {
    const { rows } = await client.query<{ name: string }>(query);
    return rows.map(({ name }) => name);
  }

  it('every table has a workspace_id, but for those on the list', async () => {
    const tables = await column(`select c.relname as name from pg_class c
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1`);
    const tenants = await column(`select c.relname as name from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1`);
    expect(tenants).to.have.members(tables.filter((table) => !(table in OF_NO_WORKSPACE)));
    expect([...TENANT_TABLES], 'the list in test/support/tenant-tables.ts').to.have.members(tenants);
  });

  it('every unique index of such a table has it as a plain column', async () => {
    const indexes = await column(`select i.relname as name from pg_index x
      join pg_class i on i.oid = x.indexrelid
      join pg_attribute a on a.attrelid = x.indrelid and a.attname = 'workspace_id'
      where x.indisunique and i.relnamespace = 'public'::regnamespace
        and not a.attnum = any((x.indkey::int2[])[0:x.indnkeyatts - 1]) order by 1`);
    expect(indexes).to.have.members(Object.keys(UNIQUE_IN_ALL));
  });

  it('every foreign key has it at its place on both sides, or references workspaces', async () => {
    const keys = await column(`select f.conname as name from pg_constraint f
      where f.contype = 'f' and f.connamespace = 'public'::regnamespace
        and f.confrelid <> 'workspaces'::regclass
        and not exists (
          select from unnest(f.conkey, f.confkey) as pair(here, there)
          join pg_attribute h on h.attrelid = f.conrelid and h.attnum = pair.here
          join pg_attribute t on t.attrelid = f.confrelid and t.attnum = pair.there
          where h.attname = 'workspace_id' and t.attname = 'workspace_id')`);
    expect(keys).to.deep.equal([]);
  });

  it('no source compares the workspaces of two tables', () => {
    const compared = storeFiles().flatMap((path) => {
      const lines = readFileSync(path, 'utf8').split('\n');
      return lines.filter((line) => /\w\.workspace_id = \w+\.workspace_id/.test(line));
    });
    expect(compared).to.deep.equal([]);
  });

  it('no function takes the database without a workspace, but those that say so by acrossWorkspaces', () => {
    const forgetful = storeFiles().flatMap((path) =>
      functionsIn(path)
        .filter(({ parameters }) => parameters.some(isDatabase) && !parameters.some(isWorkspace))
        .filter(({ body }) => !body.includes('acrossWorkspaces('))
        .map(({ name }) => `${path.slice(STORE.length)}: ${name}`),
    );
    expect(forgetful).to.deep.equal([]);
  });

  it('and the check finds functions', () => {
    const functions = storeFiles().flatMap(functionsIn);
    expect(functions.filter(({ parameters }) => parameters.some(isWorkspace))).to.have.lengthOf.above(200);
    expect(functions.filter(({ parameters }) => parameters.some(isDatabase))).not.to.deep.equal([]);
  });
});

interface FunctionText {
  readonly name: string;
  /** The types of the parameters, as they are written. */
  readonly parameters: readonly string[];
  readonly body: string;
}

function functionsIn(path: string): FunctionText[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: FunctionText[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node)) {
      const parameters = node.parameters.map((parameter) => parameter.type?.getText(source) ?? '');
      found.push({ name: node.name?.text ?? '', parameters, body: node.getText(source) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isDatabase(type: string): boolean {
  return /^(?:Db|Tx)(?: \| (?:Db|Tx))?$/.test(type);
}

function isWorkspace(type: string): boolean {
  return /^(?:Scope|WriteScope|PoolScope|WorkspaceId)$/.test(type);
}
