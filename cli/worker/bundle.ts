import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKFLOWS = join(ROOT, 'workflows');
/** What workflow code is made of beside its own folder. */
const ALSO = ['domain/ids.ts'];
const CACHE = join(ROOT, 'node_modules', '.cache', 'rightcall');

/**
 * The workflows as one bundle, made anew only when their code or the SDK changed: it takes seconds, and every worker
 * start and test run would pay for it.
 * @returns the path of the bundle.
 */
export async function workflowBundle(logger?: Logger): Promise<string> {
  const path = join(CACHE, `workflows-${await fingerprint()}.js`);
  try {
    await readFile(path);
    return path;
  } catch {
    // Not made yet.
  }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, 'index.ts'),
    ...(logger === undefined ? {} : { logger }),
  });
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
    hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}
