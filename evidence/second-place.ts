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
   * @throws RightcallError `conflict` when another of this size, or a larger one, is kept already
   */
  put(signed: SignedCheckpoint): Promise<void>;
  /** A tenant's checkpoints, the smallest first; text that is no checkpoint comes as it is. */
  read(tenantId: string): AsyncIterable<{ readonly name: string; readonly text: string }>;
  /** Decisions that the newest checkpoint of a tenant is over; 0: there is none. */
  newestSize(tenantId: string): Promise<number>;
}

/** A folder of files: `<tenant>/<day>/<size>.json`, each written whole or not at all and never replaced. */
export function fileSecondPlace(folder: string): SecondPlace {
  const newest = new Map<string, number>();

  async function* read(tenantId: string): AsyncGenerator<{ name: string; text: string }> {
    const tenant = join(folder, tenantId);
    for (const day of await namesIn(tenant)) {
      for (const file of await namesIn(join(tenant, day))) {
        if (!file.endsWith('.json')) continue;
        yield { name: `${day}/${file}`, text: await readFile(join(tenant, day, file), 'utf8') };
      }
    }
  }

  async function newestSize(tenantId: string): Promise<number> {
    const days = await namesIn(join(folder, tenantId));
    for (const day of days.reverse()) {
      const last = (await namesIn(join(folder, tenantId, day)))
        .filter((name) => name.endsWith('.json'))
        .at(-1);
      if (last !== undefined) return Number.parseInt(last, 10);
    }
    return 0;
  }

  return {
    name: folder,
    read,
    newestSize,
    put: async (signed) => {
      const { tenantId, size, atReal } = signed.checkpoint;
      const dir = join(folder, tenantId, new Date(atReal).toISOString().slice(0, 10));
      const name = `${String(size).padStart(16, '0')}.json`;
      const text = `${canonicalJson(signed)}\n`;
      const isKept = async () => {
        const kept = await readFile(join(dir, name), 'utf8').catch(() => null);
        if (kept !== null && kept !== text)
          throw clash(size, `another of this size is there (${join(dir, name)})`);
        return kept !== null;
      };
      if (await isKept()) return;
      const before = newest.get(tenantId) ?? (await newestSize(tenantId));
      if (before > size) throw clash(size, `one of ${before} decisions is there already`);
      if (!(await writeOnce(dir, name, text))) await isKept();
      newest.set(tenantId, size);
    },
  };
}

function clash(size: number, what: string): RightcallError {
  return new RightcallError(
    'conflict',
    `checkpoint of ${size} decisions cannot be kept in the second place: ${what}; was the database taken back to an earlier state? See docs/audit.md`,
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
