import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, RightcallError } from '../../domain/failures.ts';

/**
 * What a file with a key holds; made with mode 0600 when it is missing. Several processes may start at once: one makes
 * it, all read the same.
 * @param variable that names the file, for messages
 * @throws RightcallError `refused` when others than the owner may read it; `unavailable` when it cannot be made
 */
export function readKeyFile(variable: string, path: string, make: () => string): string {
  createWhenMissing(variable, path, make);
  const mode = statSync(path).mode & 0o777;
  // Windows has no such bits and reports them as set for all.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new RightcallError(
      'refused',
      `${variable}: ${path} can be read by others (mode ${mode.toString(8)}); expected mode 600: chmod 600 it, and replace the key if others may have read it`,
    );
  }
  return readFileSync(path, 'utf8');
}

function createWhenMissing(variable: string, path: string, make: () => string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, make(), { mode: 0o600, flag: 'wx' });
    chmodSync(draft, 0o600);
    // A link appears whole or not at all, and never replaces a key that another process made first.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new RightcallError('unavailable', `${variable}: could not be made: ${messageOf(error)}`, {
        cause: error,
      });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}
