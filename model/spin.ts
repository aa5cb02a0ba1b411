import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Check } from './checks.ts';

const run = promisify(execFile);
const MODEL = fileURLToPath(new URL('gate.pml', import.meta.url));
/** Of the search: steps on its stack, and megabytes of memory. */
const DEPTH = 300_000;
const MEMORY_MB = 6_000;

export async function haveSpin(): Promise<boolean> {
  try {
    await run('spin', ['-V']);
    await run('gcc', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** What a check is in Promela; null: it has no form there. */
export function definitionsOf({ options }: Check): readonly string[] | null {
  // A carrier that answers no look-up is not in the Promela form, nor is the quarantine that it needs.
  if (options.lookups === false) return null;
  const { crashes, freezes, lateRequests } = options.faults;
  // Without the symmetries of model/state.ts a process that may die anywhere makes tens of millions of states.
  const many = crashes + freezes + lateRequests > 1 || (crashes > 0 && options.without === undefined);
  if (many) return null;
  return [
    `-DCRASHES=${crashes}`,
    `-DFREEZES=${freezes}`,
    `-DLATE=${lateRequests}`,
    ...(options.without === undefined ? [] : [`-DWITHOUT_${options.without.replace('.', '_')}`]),
  ];
}

/** Hold every check's verdict against Spin's. @returns how many differ */
export async function checkWithSpin(
  checks: readonly Check[],
  short: boolean,
  say: (text: string) => void,
): Promise<number> {
  let differ = 0;
  for (const check of checks) {
    const definitions = definitionsOf(check);
    if (definitions === null || (short && check.long === true)) continue;
    const { violated, states, seconds } = await search(definitions);
    const asExpected = (violated !== null) === (check.breaks !== null);
    if (!asExpected) differ += 1;
    say(
      `${asExpected ? 'as expected' : 'NOT AS EXPECTED'}: Spin, ${check.name}: ${violated ?? 'every law holds'} ` +
        `(${states} states, ${seconds} s)`,
    );
  }
  return differ;
}

async function search(
  definitions: readonly string[],
): Promise<{ violated: string | null; states: string; seconds: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-model-'));
  try {
    await run('spin', ['-a', ...definitions, MODEL], { cwd: dir });
    const how = ['-O2', '-w', '-DSAFETY', '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MB}`];
    await run('gcc', [...how, '-o', 'pan', 'pan.c'], { cwd: dir });
    const { stdout } = await run(join(dir, 'pan'), [`-m${DEPTH}`, '-w24'], {
      cwd: dir,
      maxBuffer: 16 * 1024 * 1024,
    });
    return readVerdict(stdout);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** @throws where the search did not come to its end, so that there is no verdict */
export function readVerdict(stdout: string): { violated: string | null; states: string; seconds: string } {
  const errors = /errors: (\d+)/.exec(stdout)?.[1];
  const cutShort = /max search depth too small|out of memory|reached memory limit/i.test(stdout);
  if (errors === undefined || (errors === '0' && cutShort))
    throw new Error(`Spin came to no verdict: ${stdout}`);
  const violated = /pan:1: (assertion violated .*|invalid end state) \(at depth \d+\)/.exec(stdout)?.[1];
  return {
    violated: errors === '0' ? null : (violated ?? 'a law is broken'),
    states: /(\d+) states, stored/.exec(stdout)?.[1] ?? '?',
    seconds: /elapsed time ([\d.e+-]+) seconds/.exec(stdout)?.[1] ?? '?',
  };
}
