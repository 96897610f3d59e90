import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { asId, type WorkspaceId } from '../lib/ids.ts';
import { readCheckpoint } from './checkpoint-file.ts';
import { type FileResult, verifyFile } from './file.ts';

const USAGE = `Verifies the audit's hash chain: whether an event was altered, removed, put in or moved.

  npm run audit:verify -- --file audit.jsonl [--workspace ID] [--checkpoint FILE] [--public-key FILE]
  npm run audit:verify -- --workspace KEY [--checkpoint FILE]

With --file it needs that file alone, as GET /api/v1/exports/audit.jsonl gave it: no database, no settings.
Without, it reads the database that Rollcall's settings name.
--checkpoint is what GET /api/v1/audit/checkpoint gave before and somebody kept: events cut off since are found.
--public-key is the key that signs, as PEM, known from elsewhere. Without it the checkpoint's own is taken.

Warnings tell what is odd about the times and breaks nothing: the database's clock was set, or sealing stood still.

Ends with 0 when all is well, with 1 when something is broken, and with 2 when it could not be verified.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string' },
      workspace: { type: 'string' },
      checkpoint: { type: 'string' },
      'public-key': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { file, workspace } = values;
  if (values.help === true || (file === undefined && workspace === undefined)) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const given = values['public-key'] === undefined ? undefined : await readFile(values['public-key'], 'utf8');
  const checkpoint =
    values.checkpoint === undefined ? undefined : await readCheckpoint(values.checkpoint, given);
  if (file === undefined) {
    // Only here: whoever has a file needs no database.
    const { verifyDatabase } = await import('./database.ts');
    return told(await verifyDatabase(workspace as string, checkpoint));
  }
  const workspaceId = workspace === undefined ? undefined : asId<WorkspaceId>(workspace);
  if (workspace !== undefined && workspaceId === undefined)
    throw new Error('With --file, name the workspace by its id: a file does not tell keys.');
  const publicKey = given ?? checkpoint?.publicKey;
  return told(await verifyFile(file, { workspaceId, publicKey, checkpoint }));
}

const SIGNATURES: Readonly<Record<FileResult['signature'], string>> = {
  valid: 'signed by the key',
  'other key': 'signed by another key than the one given',
  unchecked: 'signed; no key was given to check it with',
  none: 'not signed',
};

function told(result: Omit<FileResult, 'workspaceId'>): number {
  const { ok, events, sealed, head, firstBroken, signature, keys, warnings } = result;
  const lines = [
    `Events: ${events}, sealed: ${sealed}`,
    `Head: ${head ?? 'none'} (${SIGNATURES[signature]})`,
    ...(keys.length > 1 ? [`Keys: ${keys.map((key) => `${key.keyId} from ${key.from} on`).join(', ')}`] : []),
    ...warnings.map(({ from, to, eventId, problem, message }) => {
      const places = from === to ? `at ${from}` : `from ${from} to ${to}`;
      return `WARNING: ${problem} ${places} (event ${eventId}): ${message}`;
    }),
    ok ? 'The audit is as it was written.' : `BROKEN: ${JSON.stringify(firstBroken)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `It could not be verified. ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 2;
}
