import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../runtime/process-identity.mjs';

const PREFIX = 'rightcall-test-';

/** A folder for one test run's server; folders of runs that were killed are removed on the way. */
export async function serverDir(kind: string): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^rightcall-test-[a-z]+-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
  const dir = await mkdtemp(join(tmpdir(), `${PREFIX}${kind}-${process.pid}-`));
  // Root's PostgreSQL runs as another user, who has to enter; what is secret inside is closed by itself.
  await chmod(dir, 0o755);
  return dir;
}

interface Shared<T> {
  users: number;
  server: Promise<{ value: T; end: () => Promise<void> }>;
}

/**
 * One server for all projects of a run: vitest calls each project's set-up by itself, in one process but
 * with modules of its own, hence the global place.
 * @returns the value, and what ends the server when its last user has called it
 */
export async function shareServer<T>(
  kind: string,
  start: () => Promise<{ value: T; end: () => Promise<void> }>,
): Promise<{ value: T; release: () => Promise<void> }> {
  const place = globalThis as unknown as Record<symbol, Shared<T> | undefined>;
  const key = Symbol.for(`rightcall.test.${kind}`);
  const shared = (place[key] ??= { users: 0, server: start() });
  shared.users++;
  const { value, end } = await shared.server;
  return {
    value,
    release: async () => {
      shared.users--;
      if (shared.users > 0) return;
      place[key] = undefined;
      await end();
    },
  };
}
