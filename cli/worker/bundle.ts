import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { access, constants, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { errnoOf } from '../../runtime/servers/directory.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKFLOWS = join(ROOT, 'workflows');
/** What workflow code is made of beside its own folder. */
const ALSO = ['domain/ids.ts'];
const CACHE = join(ROOT, 'node_modules', '.cache', 'rightcall');
/** Where an installation cannot be written (a read-only container) and brings no bundle, it is made for the machine's run. */
const SPARE_CACHE = join(tmpdir(), 'rightcall-bundle');

/**
 * The workflows as one bundle, made anew only when their code or the SDK changed: it takes seconds, and every worker
 * start and test run would pay for it. An image makes it when it is built (Dockerfile).
 * @returns the path of the bundle.
 */
export async function workflowBundle(logger?: Logger): Promise<string> {
  const name = `workflows-${await fingerprint()}.js`;
  for (const folder of [CACHE, SPARE_CACHE]) {
    const path = join(folder, name);
    if (await isThere(path)) return path;
  }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, 'index.ts'),
    ...(logger === undefined ? {} : { logger }),
  });
  try {
    return await write(join(CACHE, name), code);
  } catch (error) {
    if (!UNWRITABLE.has(String(errnoOf(error)))) throw error;
    return write(join(SPARE_CACHE, name), code);
  }
}

const UNWRITABLE = new Set(['EROFS', 'EACCES', 'EPERM']);

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function write(path: string, code: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  // Two processes may make it at once: each writes its own file and the last rename wins, whole.
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, code);
  await rename(unfinished, path);
  return path;
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const sdk = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  hash.update(sdk.version);
  const files = (await readdir(WORKFLOWS)).filter((name) => name.endsWith('.ts')).sort();
  for (const file of [
    ...files.map((name) => join(WORKFLOWS, name)),
    ...ALSO.map((name) => join(ROOT, name)),
  ]) {
    hash.update(relative(ROOT, file)).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}
