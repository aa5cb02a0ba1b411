import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RightcallError } from '../../domain/failures.ts';
import { identityOf, isAlive } from '../process-identity.mjs';
import { ensureWritableDir, errnoOf, folderError } from './directory.ts';

const LOCK_FILE = 'rightcall.lock';
/** Lost races against other takers; each one means that another process moved first. */
const MAX_TRIES = 400;
const RETRY_MS = 15;
const OLD_CLAIM_MS = 5_000;

export interface DataDirLock {
  readonly dir: string;
  /** Gives the folder free. Safe to call twice; never removes another process's lock. */
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly identity: string | null;
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as { pid?: unknown; identity?: unknown };
    if (typeof value.pid !== 'number') return null;
    return { pid: value.pid, identity: typeof value.identity === 'string' ? value.identity : null };
  } catch {
    return null;
  }
}

function holds(holder: Holder | null): holder is Holder {
  if (holder === null || !isAlive(holder.pid)) return false;
  const now = identityOf(holder.pid);
  // Where start times cannot be read, a living pid counts as the holder: refusing is the safe mistake.
  return holder.identity === null || now === null || now === holder.identity;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Removes a dead holder's lock. Of several that saw the same one, only the maker of the folder named after
 * its content may, and only while it is still that content: a living lock is never touched.
 */
async function removeStale(path: string, seen: string): Promise<void> {
  const claim = `${path}.claim-${createHash('sha256').update(seen).digest('hex').slice(0, 16)}`;
  try {
    await mkdir(claim);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const madeMs = (await stat(claim).catch(() => null))?.mtimeMs;
    // Its maker died in the middle; removing is a matter of milliseconds.
    if (madeMs !== undefined && Date.now() - madeMs > OLD_CLAIM_MS)
      await rm(claim, { recursive: true, force: true });
    await delay(RETRY_MS);
    return;
  }
  try {
    if ((await readOrNull(path)) === seen) await rm(path, { force: true });
  } finally {
    await rm(claim, { recursive: true, force: true });
  }
}

/** Creates the lock with its content in one step; only where hard links are missing, in two. */
async function putInPlace(draft: string, path: string, content: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  }
}

/**
 * One running instance for each data folder. The lock is a file that is linked into place whole, with
 * the holder's pid and start time in it, so that a crashed holder's lock is told from a living one's.
 * @throws RightcallError `conflict` with the holder's pid; `unavailable` when the folder cannot be used
 */
export async function lockDataDir(dir: string): Promise<DataDirLock> {
  const folder = resolve(dir);
  await ensureWritableDir(folder);
  const path = join(folder, LOCK_FILE);
  const mine = JSON.stringify({ pid: process.pid, identity: identityOf(process.pid), token: randomUUID() });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, mine, { mode: 0o600 });
    for (let n = 0; n < MAX_TRIES; n++) {
      try {
        await putInPlace(draft, path, mine);
        return { dir: folder, release: () => releaseLock(path, mine) };
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      const seen = await readOrNull(path);
      if (seen === null) continue;
      const holder = parseHolder(seen);
      if (holds(holder)) {
        throw new RightcallError(
          'conflict',
          `${folder} is in use by another Rightcall (pid ${holder.pid}); stop that one, or choose another data folder`,
        );
      }
      await removeStale(path, seen);
    }
    throw new RightcallError(
      'conflict',
      `${folder} is being started by several processes at once; try again`,
    );
  } catch (error) {
    throw folderError(folder, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function releaseLock(path: string, mine: string): Promise<void> {
  if ((await readOrNull(path)) === mine) await rm(path, { force: true });
}
