import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RightcallError, messageOf } from '../../domain/failures.ts';

/** What the operating system's refusals mean for the person who chose the folder (errno(3)). */
const FOLDER_FAULTS: Record<string, { fault: string; expected: string }> = {
  ENOSPC: { fault: 'has no space left', expected: 'a folder on a disk with at least 1 GB free' },
  EDQUOT: { fault: 'has no space left in your quota', expected: 'a folder with at least 1 GB of quota' },
  EACCES: { fault: 'may not be written by this user', expected: 'a folder that this user may write' },
  EPERM: { fault: 'may not be changed by this user', expected: 'a folder that this user owns' },
  EROFS: { fault: 'is on a read-only file system', expected: 'a folder on a writable file system' },
  ENOTDIR: { fault: 'has a file where a folder should be', expected: 'a path of folders' },
  EEXIST: { fault: 'is a file', expected: 'a folder' },
};

/** The `code` of a system error, or null when the caught value has none. */
export function errnoOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : null;
}

/** A file system's refusal in words that name the folder; other errors as they are. */
export function folderError(dir: string, error: unknown): RightcallError {
  if (error instanceof RightcallError) return error;
  const known = FOLDER_FAULTS[errnoOf(error) ?? ''];
  if (known === undefined) {
    return new RightcallError('unavailable', `${dir}: ${messageOf(error)}`, { cause: error });
  }
  return new RightcallError('unavailable', `${dir} ${known.fault}; expected ${known.expected}`, {
    faults: [{ field: 'dataDir', ...known }],
    cause: error,
  });
}

/**
 * Makes the folder and proves that it can be written.
 * @throws RightcallError `unavailable`, naming the folder and what would be right
 */
export async function ensureWritableDir(dir: string, modeBits = 0o755): Promise<void> {
  const probe = join(dir, `.write-probe-${randomUUID()}`);
  try {
    await mkdir(dir, { recursive: true, mode: modeBits });
    await writeFile(probe, 'x');
    await rm(probe, { force: true });
  } catch (error) {
    throw folderError(dir, error);
  }
}

/** Replaces a small JSON file as a whole, so that a crash leaves the old one or the new one. Mode 0600. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  const next = `${path}.${randomUUID()}.new`;
  try {
    await writeFile(next, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true }).catch(() => undefined);
    throw folderError(path, error);
  }
}

/** The JSON object in a file, or null when the file is missing or holds no JSON object. */
export async function readJsonFile(path: string): Promise<Record<string, unknown> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return null;
    throw folderError(path, error);
  }
}
