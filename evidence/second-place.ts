import { open, mkdir, readdir, readFile, link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { RightcallError } from '../domain/failures.ts';
import { canonicalJson } from '../policies/index.ts';
import type { SignedCheckpoint } from './checkpoint.ts';

/**
 * Where checkpoints are kept besides the database, so that whoever rewrites the database cannot rewrite what it was:
 * a folder of another machine, a bucket that only takes new objects.
 */
export interface SecondPlace {
  /** For people. */
  readonly name: string;
  /**
   * Keep a checkpoint for good. The same one again changes nothing.
   * @param line the restore since which the log goes on from an earlier state; null: there was none. Each line is kept
   *   beside the ones before it, so that what they hold beyond that state stays.
   * @throws RightcallError `conflict` when another of this size, or a larger one, is kept in the line already
   */
  put(signed: SignedCheckpoint, line: string | null): Promise<void>;
  /** A tenant's checkpoints line by line, the smallest first; text that is no checkpoint comes as it is. */
  read(tenantId: string): AsyncIterable<Copy>;
  /** The lines of a tenant besides the first, by the ids of their restores, in order. */
  lines(tenantId: string): Promise<string[]>;
  /** Decisions that the newest checkpoint of a tenant in a line is over; 0: there is none. */
  newestSize(tenantId: string, line: string | null): Promise<number>;
}

/** What is kept under a name. */
export interface Copy {
  readonly name: string;
  readonly text: string;
  readonly line: string | null;
}

const LINE = 'restored-';

/**
 * A folder of files: `<tenant>/<day>/<size>.json`, after a restore `<tenant>/restored-<its id>/<day>/<size>.json`; each
 * written whole or not at all and never replaced.
 */
export function fileSecondPlace(folder: string): SecondPlace {
  const newest = new Map<string, number>();

  const lineFolder = (tenantId: string, line: string | null) =>
    line === null ? join(folder, tenantId) : join(folder, tenantId, `${LINE}${line}`);

  const daysIn = async (tenantId: string, line: string | null) =>
    (await namesIn(lineFolder(tenantId, line))).filter((name) => !name.startsWith(LINE));

  const lines = async (tenantId: string) =>
    (await namesIn(join(folder, tenantId)))
      .filter((name) => name.startsWith(LINE))
      .map((name) => name.slice(LINE.length));

  async function* read(tenantId: string): AsyncGenerator<Copy> {
    for (const line of [null, ...(await lines(tenantId))]) {
      for (const day of await daysIn(tenantId, line)) {
        const dir = join(lineFolder(tenantId, line), day);
        for (const file of await namesIn(dir)) {
          if (!file.endsWith('.json')) continue;
          const name = `${line === null ? '' : `${LINE}${line}/`}${day}/${file}`;
          yield { name, text: await readFile(join(dir, file), 'utf8'), line };
        }
      }
    }
  }

  async function newestSize(tenantId: string, line: string | null): Promise<number> {
    for (const day of (await daysIn(tenantId, line)).reverse()) {
      const last = (await namesIn(join(lineFolder(tenantId, line), day)))
        .filter((name) => name.endsWith('.json'))
        .at(-1);
      if (last !== undefined) return Number.parseInt(last, 10);
    }
    return 0;
  }

  return {
    name: folder,
    read,
    lines,
    newestSize,
    put: async (signed, line) => {
      const { tenantId, size, atReal } = signed.checkpoint;
      const dir = join(lineFolder(tenantId, line), new Date(atReal).toISOString().slice(0, 10));
      const name = `${String(size).padStart(16, '0')}.json`;
      const text = `${canonicalJson(signed)}\n`;
      const isKept = async () => {
        const kept = await readFile(join(dir, name), 'utf8').catch(() => null);
        if (kept !== null && kept !== text)
          throw clash(size, `another of this size is there (${join(dir, name)})`);
        return kept !== null;
      };
      if (await isKept()) return;
      const before = newest.get(`${tenantId} ${line}`) ?? (await newestSize(tenantId, line));
      if (before > size) throw clash(size, `one of ${before} decisions is there already`);
      if (!(await writeOnce(dir, name, text))) await isKept();
      newest.set(`${tenantId} ${line}`, size);
    },
  };
}

function clash(size: number, what: string): RightcallError {
  return new RightcallError(
    'conflict',
    `checkpoint of ${size} decisions cannot be kept in the second place: ${what}; was the database taken back to an earlier state? See docs/restore.md`,
  );
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A file that is on the disk, whole, when this returns. @returns false when there is one of the name already */
async function writeOnce(dir: string, name: string, text: string): Promise<boolean> {
  await mkdir(dir, { recursive: true });
  const draft = join(dir, `.${name}.${randomBytes(4).toString('hex')}`);
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, join(dir, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Not every file system syncs folders.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await folder.close();
  }
  return true;
}
