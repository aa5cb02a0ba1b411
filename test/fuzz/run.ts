import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../runtime/servers/postgres.ts';
import { startApiProcess } from '../support/api-process.ts';
import { seed } from './seed.ts';

/**
 * npm run fuzz:api [-- --max-examples 20 --seed 7 …]: schemathesis against the API's own description, every check and
 * phase (examples, coverage, fuzzing, stateful links), on a PostgreSQL and an API process of its own. Needs Python 3
 * with venv; installs schemathesis from PyPI, at the version pinned here, into node_modules/.cache.
 */
const SCHEMATHESIS = '4.32.5';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VENV = join(ROOT, 'node_modules', '.cache', `schemathesis-${SCHEMATHESIS}`);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function run(command: string, args: readonly string[], cwd = ROOT): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function schemathesis(): Promise<string> {
  const executable = join(VENV, 'bin', 'schemathesis');
  const isThere = await access(executable).then(
    () => true,
    () => false,
  );
  if (isThere) return executable;
  await mkdir(join(ROOT, 'node_modules', '.cache'), { recursive: true });
  if ((await run('python3', ['-m', 'venv', VENV])) !== 0) throw new Error('python3 -m venv failed');
  const pip = ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${SCHEMATHESIS}`];
  if ((await run(join(VENV, 'bin', 'pip'), pip)) !== 0)
    throw new Error('schemathesis could not be installed');
  return executable;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'max-examples': { type: 'string', default: '15' },
      seed: { type: 'string', default: '1' },
      phases: { type: 'string', default: 'examples,coverage,fuzzing,stateful' },
      include: { type: 'string', multiple: true, default: [] },
      exclude: { type: 'string', multiple: true, default: [] },
    },
  });
  const executable = await schemathesis();
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-fuzz-'));
  // Root's PostgreSQL runs as another user, who has to enter.
  await chmod(dir, 0o755);
  const postgres = await startPostgres({ dataDir: dir, durable: false });
  try {
    await migrate(postgres.url);
    const apiKey = randomBytes(24).toString('base64url');
    const api = await startApiProcess({
      DATABASE_URL: postgres.url,
      RIGHTCALL_API_KEY: apiKey,
      // It asks as fast as it can, and is one client.
      RIGHTCALL_RATE_LIMIT: '100000',
    });
    try {
      await seed(api.url, apiKey);
      say(`schemathesis ${SCHEMATHESIS} against ${api.url}`);
      return await run(
        executable,
        [
          '--config-file',
          join(ROOT, 'test', 'fuzz', 'schemathesis.toml'),
          'run',
          `${api.url}/openapi.json`,
          '--checks=all',
          `--header=Authorization:Bearer ${apiKey}`,
          `--phases=${values.phases}`,
          `--max-examples=${values['max-examples']}`,
          `--seed=${values.seed}`,
          '--continue-on-failure',
          '--request-timeout=20',
          '--no-color',
          ...values.include.map((id) => `--include-operation-id=${id}`),
          ...values.exclude.map((id) => `--exclude-operation-id=${id}`),
        ],
        dir,
      );
    } finally {
      await api.stop();
    }
  } finally {
    await postgres.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

process.exitCode = await main();
