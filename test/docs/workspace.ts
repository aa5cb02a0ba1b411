import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRun, type StartedRun } from '../support/local-run.ts';
import { ROOT } from './documents.ts';

/** A folder like a checkout of the repository, in which the commands of the documents are typed. */
export interface Workspace {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** Not the checkout's own state, and nothing that a command could damage by a link to it. */
const LEFT_OUT = new Set(['.git', '.rightcall', 'coverage', 'dist']);

export async function createWorkspace(): Promise<Workspace> {
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-docs-'));
  for (const name of await readdir(ROOT)) {
    if (!LEFT_OUT.has(name)) await symlink(join(ROOT, name), join(dir, name));
  }
  const bin = join(dir, '.bin');
  await mkdir(bin);
  const command = `exec '${process.execPath}' '${join(ROOT, 'cli', 'rightcall.mjs')}'`;
  // What npm's own launcher does with the package's command, without the second that it takes.
  await executable(join(bin, 'rightcall'), `${command} "$@"`);
  await executable(
    join(bin, 'npx'),
    `test "$1" = rightcall || { echo "npx $1 is not run here" >&2; exit 64; }\nshift\n${command} "$@"`,
  );
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, TZ: 'UTC' };
  for (const name of Object.keys(env)) {
    if (/^(DATABASE_URL$|TEMPORAL_|RIGHTCALL_|VITEST|NODE_OPTIONS$|XDG_CONFIG_HOME$)/.test(name))
      delete env[name];
  }
  // Profiles that a document adds are not the developer's own.
  env['XDG_CONFIG_HOME'] = join(dir, '.config');
  env['NO_COLOR'] = '1';
  return {
    dir,
    env,
    close: () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

async function executable(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** Two simulated days in a minute: quick, and a night is over in a quarter of one. */
const SPEED = '2880';

/**
 * What `npm start` brings up, in the workspace, as the documents assume it: everything on this machine, with the
 * sample campaign under way.
 */
export async function startEngine(workspace: Workspace): Promise<StartedRun> {
  const data = join(workspace.dir, '.rightcall');
  const run = startRun(['--data', data, '--agents', '0', '--limit', '30', '--speed', SPEED], {
    // The documents' receiver of events listens on this machine.
    env: { RIGHTCALL_WEBHOOK_ALLOW: '127.0.0.1/32' },
  });
  await run.until('the rehearsal', () => run.stdout().includes('Rehearsing'), 150_000);
  return run;
}

export async function databaseUrlOf(workspace: Workspace): Promise<string> {
  const text = await readFile(join(workspace.dir, '.rightcall', 'connection.json'), 'utf8');
  return (JSON.parse(text) as { databaseUrl: string }).databaseUrl;
}
