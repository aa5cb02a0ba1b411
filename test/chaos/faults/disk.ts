import { execFile } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../../domain/failures.ts';

const run = promisify(execFile);
/** Enough for a cluster, its WAL and a run's rows; small enough to be filled in a moment. */
const SIZE = '640m';
const PIECE = Buffer.alloc(4 * 1024 * 1024);

/** A disk of the database's own that can be filled. */
export interface SmallDisk {
  readonly dir: string;
  /** Take all that is left. @returns MB */
  fill(): number;
  free(): void;
  unmount(): Promise<void>;
}

/** @returns the disk, or in words why there can be none here */
export async function mountSmallDisk(dir: string): Promise<SmallDisk | string> {
  mkdirSync(dir, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'tmpfs', dir]);
  } catch (error) {
    return `a file system of its own cannot be mounted here (${messageOf(error).split('\n').at(-1) || 'mount failed'})`;
  }
  const ballast = join(dir, 'ballast');
  return {
    dir,
    fill: () => {
      const file = openSync(ballast, 'w');
      let written = 0;
      for (let size = PIECE.length; size >= 1;) {
        try {
          written += writeSync(file, PIECE, 0, size);
        } catch {
          size = Math.floor(size / 16);
        }
      }
      closeSync(file);
      return Math.round(written / 1024 ** 2);
    },
    free: () => rmSync(ballast, { force: true }),
    unmount: async () => {
      rmSync(ballast, { force: true });
      await run('umount', ['-l', dir]).catch(() => undefined);
    },
  };
}
