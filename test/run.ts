import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import type { Tally } from './support/tally.ts';
import { EMPTY_TALLY, addTallies, closingLines, exitCodeOf, oneFailure, tallyOf } from './support/tally.ts';

/**
 * Everything `npm test` does once packages are installed: the checks and the test projects, in two lanes, then one
 * closing line over all of them.
 *
 *   node runtime/setup.mjs test/run.ts                      all
 *   node runtime/setup.mjs test/run.ts --check              checks and unit tests, under a minute
 *   node runtime/setup.mjs test/run.ts --projects db,e2e    these projects, no checks
 */
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Side by side: what computes, and what mostly waits, for processes, timers and simulated days. */
const LANES = [
  ['unit', 'db'],
  ['replay', 'workflow', 'e2e'],
] as const;
const PROJECTS: readonly string[] = LANES.flat();
/** Without code of ours, or not ours. */
const NOT_CODE = new Set(['node_modules', 'docs', 'samples', 'dist', 'coverage']);
/** The machine's cores are few: more at once only makes each slower. */
const CHECKS_AT_ONCE = 2;

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const checksOf = (folders: readonly string[]): readonly Check[] => [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  {
    name: 'lint',
    command: 'eslint',
    args: [
      '.',
      '--max-warnings=0',
      '--cache',
      '--cache-strategy=content',
      '--cache-location=node_modules/.cache/eslint/',
    ],
  },
  { name: 'format', command: 'prettier', args: ['--check', '.', '--cache', '--log-level=warn'] },
  { name: 'arrows', command: 'depcruise', args: ['--config', '.dependency-cruiser.cjs', ...folders] },
  { name: 'unused', command: 'knip', args: ['--no-progress'] },
];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function run(
  command: string,
  args: readonly string[],
  output: 'show' | 'keep',
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, 'node_modules', '.bin', command), args, {
      cwd: ROOT,
      stdio: ['ignore', output === 'show' ? 'inherit' : 'pipe', output === 'show' ? 'inherit' : 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (text += String(chunk)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

async function runChecks(): Promise<Tally> {
  const entries = await readdir(ROOT, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !NOT_CODE.has(entry.name))
    .map(({ name }) => name);
  const limit = pLimit(CHECKS_AT_ONCE);
  const tallies = checksOf(folders).map(({ name, command, args }) =>
    limit(async () => {
      const startedMs = Date.now();
      const { code, text } = await run(command, args, 'keep');
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (code !== 0) say(text.trimEnd());
      return code === 0 ? EMPTY_TALLY : oneFailure(name);
    }),
  );
  return addTallies(await Promise.all(tallies));
}

/** @param output `keep`: another lane says something at the same time, so that it is said as a whole at the end. */
async function runProject(project: string, reportDir: string, output: 'show' | 'keep'): Promise<Tally> {
  const report = join(reportDir, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const startedMs = Date.now();
  say(output === 'show' ? `\n== ${project} tests` : `${project} tests: begun`);
  const args = ['run', '--project', project, '--passWithNoTests', ...reporters];
  const { code, text } = await run('vitest', args, output);
  if (output === 'keep') {
    say(`\n== ${project} tests (${((Date.now() - startedMs) / 1000).toFixed(0)} s)\n${text.trim()}`);
  }
  return tallyOf(project, await readFile(report, 'utf8').catch(() => null), code);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, projects: { type: 'string' } },
  });
  const chosen = values.check ? ['unit'] : (values.projects?.split(',') ?? PROJECTS);
  const unknown = chosen.filter((name) => !PROJECTS.includes(name));
  if (unknown.length > 0) {
    say(`--projects: there is no project ${unknown.join(', ')}; expected some of ${PROJECTS.join(', ')}`);
    return 2;
  }
  const reportDir = await mkdtemp(join(tmpdir(), 'rightcall-report-'));
  try {
    const lanes = LANES.map((lane) => lane.filter((project) => chosen.includes(project)));
    const output = lanes.every((lane) => lane.length > 0) ? 'keep' : 'show';
    const ofLanes = await Promise.all(
      lanes.map(async (lane, n) => {
        const tallies = [n === 0 && values.projects === undefined ? await runChecks() : EMPTY_TALLY];
        for (const project of lane) tallies.push(await runProject(project, reportDir, output));
        return addTallies(tallies);
      }),
    );
    const tally = addTallies(ofLanes);
    if (tally.passed + tally.failed === 0) say('No test has run.');
    say(`\n${closingLines(tally)}`);
    return exitCodeOf(tally);
  } finally {
    await rm(reportDir, { recursive: true, force: true });
  }
}

process.exitCode = await main();
