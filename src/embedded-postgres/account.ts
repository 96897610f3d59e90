import { readdir, readFile, stat } from 'node:fs/promises';
import { unusable } from './failure.ts';

/** The operating system's user that PostgreSQL runs as. PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user that root runs PostgreSQL as when there is no account `postgres`: one of our own, from a range that neither
 * distributions nor systemd give to anybody, and that a container's range of ids still holds.
 */
const FIRST_OWN_UID = 60_707;
const LAST_OWN_UID = 60_799;

/** Many services share this user, so none of them is kept out by it. */
const NOBODY_UID = 65_534;

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

function isNobody({ name, uid }: Account): boolean {
  return name === 'nobody' || uid === NOBODY_UID;
}

/**
 * For a new cluster made by root: the owner of the directory that it goes into, else the account `postgres`, else a
 * user id that belongs to no account. Never root, and never `nobody`. No account is ever created.
 */
export async function accountForNewCluster(
  owner: { uid: number; gid: number } = { uid: 0, gid: 0 },
  passwdFile = '/etc/passwd',
): Promise<Account> {
  const known = await accounts(passwdFile);
  const ofOwner = known.find(({ uid }) => uid === owner.uid) ?? { name: `uid ${owner.uid}`, ...owner };
  if (ofOwner.uid !== 0 && !isNobody(ofOwner)) return ofOwner;
  const postgres = known.find(({ name, uid }) => name === 'postgres' && uid !== 0);
  return postgres ?? ownAccount(known);
}

function ownAccount(known: readonly Account[]): Account {
  for (let id = FIRST_OWN_UID; id <= LAST_OWN_UID; id++) {
    if (known.some(({ uid, gid }) => uid === id || gid === id)) continue;
    return { name: `uid ${id}`, uid: id, gid: id };
  }
  throw unusable(
    `It does not run as root, this system has no account "postgres", and the user ids from ${FIRST_OWN_UID} to ${LAST_OWN_UID} are taken. Start Rollcall as a plain user.`,
  );
}

/** For a cluster that exists: the user it belongs to; undefined when it must be given to another one. */
export async function accountOfOwner(
  owner: { uid: number; gid: number },
  directory: string,
  passwdFile = '/etc/passwd',
): Promise<Account | undefined> {
  if (owner.uid === 0) {
    throw unusable(
      `The cluster ${directory} belongs to root, and PostgreSQL does not run as root. Give it to another user: chown -R postgres ${directory}.`,
    );
  }
  const known = (await accounts(passwdFile)).find((account) => account.uid === owner.uid);
  const account = known ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  return isNobody(account) ? undefined : account;
}

/**
 * Who runs initdb and the single-user backend for `account`. Both refuse a user without an entry in /etc/passwd, so
 * for one without they run, for a moment and in a closed directory, as an account under which nothing else runs.
 */
export async function accountForSetup(account: Account, passwdFile = '/etc/passwd'): Promise<Account> {
  const known = await accounts(passwdFile);
  if (known.some(({ uid }) => uid === account.uid)) return account;
  const busy = await usersOfProcesses();
  const free = known.find((one) => one.uid !== 0 && !isNobody(one) && !busy.has(one.uid));
  if (free === undefined) {
    throw unusable(
      `A new cluster cannot be made: this system has no account for it. Make one (useradd --system postgres), or start Rollcall as a plain user.`,
    );
  }
  // With the group of the account, which may enter where the cluster is.
  return { ...free, gid: account.gid };
}

async function usersOfProcesses(): Promise<ReadonlySet<number>> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const owners = await Promise.all(pids.map((pid) => stat(`/proc/${pid}`).catch(() => undefined)));
  return new Set(owners.flatMap((found) => (found === undefined ? [] : [found.uid])));
}
