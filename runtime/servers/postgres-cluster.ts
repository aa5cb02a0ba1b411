import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readFile, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { commandLineOf, isAlive } from '../process-identity.mjs';
import { ensureWritableDir, errnoOf, folderError, readJsonFile, writeJsonFile } from './directory.ts';
import type { EndSignals } from './leftover.ts';
import { endProcess, signalProcess, waitForEnd } from './leftover.ts';
import type { DatabaseOwner, PostgresBinaries } from './postgres-binaries.ts';
import { SHARED_ROOT_DIR, ownerCanWrite } from './postgres-binaries.ts';
import type { Progress } from './server.ts';

const run = promisify(execFile);
const INITDB_TIMEOUT_MS = 120_000;
/** How long backends whose postmaster was killed may take to notice before they are ended. */
const ORPHAN_GRACE_MS = 1_000;

/** Fast shutdown, then immediate shutdown (postgres(1)); SIGKILL would leave backends and shared memory. */
export const POSTGRES_SIGNALS: EndSignals = { stop: 'SIGINT', hard: 'SIGQUIT', stopTimeoutMs: 15_000 };
export const POSTGRES_USER = 'rightcall';

/** What is remembered between starts; in `<folder>/state.json`, mode 0600. */
export interface ClusterState {
  readonly password: string;
  readonly port: number | null;
  /** Where the data lies: an absolute path here, relative to the folder in the file, so that it may be moved. */
  readonly cluster: string;
}

/** Where root keeps a cluster whose own folder is closed to the database's user: one place for each folder. */
function twinOf(folder: string): string {
  return join(SHARED_ROOT_DIR, `data-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
}

const OWN_CLUSTER = join('data', 'cluster');

function parseState(folder: string, value: Record<string, unknown> | null): ClusterState | null {
  const { password, port, cluster } = value ?? {};
  if (typeof password !== 'string' || typeof cluster !== 'string') return null;
  // A copied data folder must not lead to the original's twin.
  if (isAbsolute(cluster) && cluster !== join(twinOf(folder), 'cluster')) return null;
  return { password, cluster: resolve(folder, cluster), port: typeof port === 'number' ? port : null };
}

async function readState(folder: string): Promise<ClusterState | null> {
  return parseState(folder, await readJsonFile(join(folder, 'state.json')));
}

export async function writeState(folder: string, state: ClusterState): Promise<void> {
  const cluster = state.cluster === join(folder, OWN_CLUSTER) ? OWN_CLUSTER : state.cluster;
  await writeJsonFile(join(folder, 'state.json'), { ...state, cluster });
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}

/** A parent folder for the cluster that the owner can reach: `folder` itself, or a twin of it under /var/lib. */
async function reachableParent(
  folder: string,
  owner: DatabaseOwner | null,
  onProgress: Progress,
): Promise<string> {
  const own = join(folder, 'data');
  await ensureWritableDir(own);
  if (owner === null) return own;
  await chown(own, owner.uid, owner.gid);
  if (await ownerCanWrite(owner, own)) return own;
  const twin = twinOf(folder);
  await ensureWritableDir(twin);
  await chown(twin, owner.uid, owner.gid);
  onProgress(
    `The user ${owner.user}, as whom PostgreSQL runs, cannot enter ${folder}; its data is kept in ${twin}`,
  );
  return twin;
}

async function initCluster(
  binaries: PostgresBinaries,
  owner: DatabaseOwner | null,
  cluster: string,
  password: string,
  sync: boolean,
): Promise<void> {
  const draft = `${cluster}.new-${randomUUID()}`;
  const passwordFile = `${draft}.password`;
  const asOwner = owner === null ? {} : { uid: owner.uid, gid: owner.gid };
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (owner !== null) {
      await chown(draft, owner.uid, owner.gid);
      await chown(passwordFile, owner.uid, owner.gid);
    }
    const args = [
      `--pgdata=${draft}`,
      `--username=${POSTGRES_USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The built-in provider sorts the same on every machine and needs no locale of the host's.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
      ...(sync ? [] : ['--no-sync', '--wal-segsize=4']),
    ];
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    await run(binaries.initdb, args, { ...asOwner, cwd: draft, env, timeout: INITDB_TIMEOUT_MS });
    await rename(draft, cluster);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const stderr = (error as { stderr?: unknown }).stderr;
    const said = typeof stderr === 'string' ? stderr.trim().split('\n').slice(-3).join(' ') : '';
    if (said.includes('No space left')) throw folderError(cluster, { code: 'ENOSPC' });
    if (said === '') throw folderError(cluster, error);
    throw new RightcallError('unavailable', `PostgreSQL could not set up ${cluster}: ${said}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Folders of set-ups that were cut off; a finished one has been renamed. */
async function removeDrafts(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (name.includes('.new-')) await rm(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * The database cluster of `folder`, made by `initdb` when there is none. A set-up that was cut off is
 * recognised (it never got its final name) and done again.
 * @param sync false spares the flush to disk, for tests
 */
export async function ensureCluster(
  folder: string,
  binaries: PostgresBinaries,
  owner: DatabaseOwner | null,
  sync: boolean,
  onProgress: Progress,
): Promise<ClusterState> {
  await ensureWritableDir(folder);
  const known = await readState(folder);
  if (known !== null && (await exists(join(known.cluster, 'PG_VERSION')))) {
    const major = Number((await readFile(join(known.cluster, 'PG_VERSION'), 'utf8')).trim());
    if (major !== binaries.major) {
      throw new RightcallError(
        'precondition_failed',
        `${known.cluster} was made by PostgreSQL ${major}, and this is ${binaries.major}; set DATABASE_URL to a server of version ${major}, or remove ${folder} to start anew without its data`,
      );
    }
    return known;
  }
  const parent = await reachableParent(folder, owner, onProgress);
  await removeDrafts(parent);
  const cluster = join(parent, 'cluster');
  if (await exists(join(cluster, 'PG_VERSION'))) {
    if (parent === join(folder, 'data')) {
      throw new RightcallError(
        'precondition_failed',
        `${cluster} holds a database but ${join(folder, 'state.json')} with its password is missing; put that file back, or remove ${folder} to start anew without its data`,
      );
    }
    // The twin of a data folder that was removed: whoever removed it meant its data.
    await rm(cluster, { recursive: true, force: true });
  }
  onProgress('Setting up PostgreSQL (once)');
  const state: ClusterState = { password: randomBytes(24).toString('hex'), port: null, cluster };
  await writeState(folder, state);
  await initCluster(binaries, owner, cluster, state.password, sync);
  await chmod(cluster, 0o700);
  return state;
}

/** Processes that work in `dir` (Linux; elsewhere none are found, and PostgreSQL's own start-up check is all there is). */
async function processesIn(dir: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => null);
    if (cwd === dir && (commandLineOf(Number(name))?.includes('postgres') ?? false)) found.push(Number(name));
  }
  return found;
}

/**
 * Makes a cluster ready to be started after any kind of end: stops a postmaster that survived its
 * supervisor, ends backends that survived their postmaster, and removes a lock file whose pid now belongs
 * to somebody else (common in containers, where low pids come back).
 * @returns what was ended, in words; empty when nothing was left
 */
export async function clearRemains(cluster: string): Promise<string[]> {
  const ended: string[] = [];
  const lockFile = join(cluster, 'postmaster.pid');
  const text = await readFile(lockFile, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw folderError(cluster, error);
  });
  const pid = Number.parseInt(text?.split('\n')[0] ?? '', 10);
  if (pid > 0 && isAlive(pid)) {
    const line = commandLineOf(pid) ?? '';
    if (line.includes(cluster) && line.includes('postgres')) {
      if ((await endProcess(pid, POSTGRES_SIGNALS)) === 'stuck') {
        throw new RightcallError(
          'conflict',
          `the PostgreSQL of ${cluster} (pid ${pid}) cannot be ended; end it by hand`,
        );
      }
      ended.push(`PostgreSQL of an earlier run was still there (pid ${pid}) and was ended`);
    } else {
      await rm(lockFile, { force: true });
    }
  }
  for (const backend of await processesIn(cluster)) {
    if (await waitForEnd(backend, ORPHAN_GRACE_MS)) continue;
    // Their postmaster is dead, so a crash recovery follows anyway: nothing is lost by ending them hard.
    signalProcess(backend, 'SIGKILL');
    if (!(await waitForEnd(backend, ORPHAN_GRACE_MS))) {
      throw new RightcallError(
        'conflict',
        `a PostgreSQL process (pid ${backend}) of ${cluster} cannot be ended`,
      );
    }
    ended.push(`a PostgreSQL backend without its server (pid ${backend}) was ended`);
  }
  return ended;
}

/** Why a start failed, when the reason is known from the error. */
export function isPortRace(error: unknown): boolean {
  return /could not bind|Address already in use/i.test(messageOf(error));
}
