import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { isAlive } from '../../runtime/process-identity.mjs';

/** A folder that every user may enter, removed after the test. */
export async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-e2e-'));
  await chmod(dir, 0o755);
  onTestFinished(async () => rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000) {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(20);
  }
}

/** Runs a fixture in a process group of its own, up to its readiness line. */
export async function startFixture(
  name: string,
  dir: string,
): Promise<{ process: ChildProcess; childPid: number }> {
  const file = fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, dir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    if (child.pid !== undefined && isAlive(child.pid)) child.kill('SIGKILL');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as { childPid: number };
    return { process: child, childPid: message.childPid };
  }
  throw new Error(`${name} ended before it was ready`);
}
