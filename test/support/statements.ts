import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { missingWorkspace, oneLine } from './tenant-tables.ts';

/** Parts of the driver's connection that its types leave out. */
interface Wire {
  readonly stream: { write: (data: Buffer) => unknown };
  startup: (config: { readonly application_name?: string }) => void;
}

/** Statements that forget a workspace, with what is missing. */
const forgetful = new Map<string, readonly string[]>();
const seen = new Set<string>();
/** Filters and searches have texts without end; those of a run are far fewer. */
const MOST_SEEN = 50_000;

/**
 * Reads what each of the application's connections sends, at the wire, so that it holds whatever way statements take
 * there. Clients of the tests themselves have no application name.
 */
function listen(): void {
  const wire = pg.Connection.prototype as unknown as Wire;
  const { startup } = wire;
  wire.startup = function (this: Wire, config) {
    startup.call(this, config);
    if (config.application_name !== 'rollcall') return;
    const { stream } = this;
    const write = stream.write.bind(stream);
    let isMigrating = false;
    stream.write = (data) => {
      for (const text of statementsIn(data)) {
        // Migrations are of all workspaces, and so is what comes after them on their connection.
        isMigrating ||= text.includes('knex_migrations');
        if (!isMigrating) judge(text);
      }
      return write(data);
    };
  };
}

function judge(text: string): void {
  if (seen.has(text) || seen.size >= MOST_SEEN) return;
  seen.add(text);
  const missing = missingWorkspace(text);
  if (missing.length > 0) forgetful.set(text, missing);
}

/** The texts of the Parse and Query messages of the protocol in what is written, which is whole messages. */
export function* statementsIn(data: Buffer): Generator<string> {
  for (let at = 0; at + 5 <= data.length; at += 1 + data.readInt32BE(at + 1)) {
    const type = data.toString('latin1', at, at + 1);
    const end = at + 1 + data.readInt32BE(at + 1);
    const begin = type === 'P' ? data.indexOf(0, at + 5) + 1 : at + 5;
    if (type === 'P' || type === 'Q') yield data.toString('utf8', begin, data.indexOf(0, begin));
    if (end > data.length) return;
  }
}

/** Characters by which a statement is found in a source. */
const BEGINNING = 24;

/** The statements that neither a test nor a migration has written: their texts begin as none in those sources does. */
function ofTheApplication(statements: readonly string[]): string[] {
  const sources = ['test', 'migrations'].flatMap((folder) => {
    const directory = new URL(`../../${folder}/`, import.meta.url).pathname;
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => oneLine(readFileSync(join(directory, path), 'utf8')));
  });
  return statements.filter((text) => {
    const beginning = oneLine(text).slice(0, BEGINNING);
    return !sources.some((source) => source.includes(beginning));
  });
}

/** Every statement that a run sends is looked at, whatever the tests of the run are about. */
export const mochaHooks = {
  beforeAll: listen,
  afterAll: () => {
    if (forgetful.size === 0) return;
    const told = ofTheApplication([...forgetful.keys()]).map(
      (text) => `${(forgetful.get(text) ?? []).join(', ')} in: ${text}`,
    );
    if (told.length > 0)
      throw new Error(`Statements that name no workspace for a table:\n${told.join('\n')}`);
  },
};
