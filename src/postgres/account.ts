import { readFile } from 'node:fs/promises';
import { unusable } from './failure.ts';

/** The operating system's user that PostgreSQL runs as. PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** True when this process may, and must, run PostgreSQL as another user. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function accounts(passwdFile: string): Promise<Account[]> {
  const text = await readFile(passwdFile, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || name === '' || uid === undefined || gid === undefined) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/** For a new cluster made by root: the user `postgres`, else `nobody`. No user is ever created. */
export async function accountForNewCluster(passwdFile = '/etc/passwd'): Promise<Account> {
  const known = await accounts(passwdFile);
  const found = ['postgres', 'nobody']
    .map((name) => known.find((account) => account.name === name))
    .find((account) => account !== undefined && account.uid !== 0);
  if (found === undefined) {
    throw unusable(
      'It does not run as root, and this system has no user "postgres" or "nobody" to run it as. Start Rollcall as a plain user.',
    );
  }
  return found;
}

/** For a cluster that exists: the user it belongs to. */
export async function accountOfOwner(
  owner: { uid: number; gid: number },
  directory: string,
  passwdFile = '/etc/passwd',
): Promise<Account> {
  if (owner.uid === 0) {
    throw unusable(
      `The cluster ${directory} belongs to root, and PostgreSQL does not run as root. Give it to another user: chown -R postgres ${directory}.`,
    );
  }
  const known = (await accounts(passwdFile)).find((account) => account.uid === owner.uid);
  return known ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
}
