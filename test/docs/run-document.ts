import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { messageOf } from '../../domain/failures.ts';
import { whereOf, type Block } from './documents.ts';
import { missingLine } from './loose.ts';
import { consoleSteps } from './shell-words.ts';
import { databaseUrlOf, type Workspace } from './workspace.ts';

/** A command of a document that takes longer, real ms, hangs. */
const TIMEOUT_MS = 90_000;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  /** It was still running when it was ended as the document says. */
  readonly interrupted: boolean;
}

/**
 * Run what a document shows, in its order, as one person would who types it: variables set in one block are there in
 * the next. @returns the faults; what comes after the first one is not run, since it stands on it
 */
export async function runDocument(blocks: readonly Block[], workspace: Workspace): Promise<string[]> {
  const session = new Session(workspace);
  try {
    return await faultsOfSession(session, blocks, workspace);
  } finally {
    session.end();
  }
}

async function faultsOfSession(
  session: Session,
  blocks: readonly Block[],
  workspace: Workspace,
): Promise<string[]> {
  for (const block of blocks) {
    const fault = await faultOfRun(session, block, workspace).catch(messageOf);
    if (fault !== null) return [`${whereOf(block)}: ${fault}${await loggedCause(fault, workspace)}`];
  }
  return [];
}

/** What the API's log has under the request that a fault names. */
async function loggedCause(fault: string, workspace: Workspace): Promise<string> {
  const requestId = /\(request ([0-9a-f-]{36})\)/.exec(fault)?.[1];
  if (requestId === undefined) return '';
  const log = await readFile(join(workspace.dir, '.rightcall', 'logs', 'api.log'), 'utf8');
  return log
    .split('\n')
    .filter((line) => line.includes(requestId))
    .join('\n');
}

async function faultOfRun(session: Session, block: Block, workspace: Workspace): Promise<string | null> {
  if (block.marker?.name === 'checked') return null;
  if (block.language === 'sql') return faultOfSql(block.text, workspace);
  if (block.language === 'sh') return faultOfShell(session, block);
  if (block.language !== 'console') return null;
  for (const { command, output } of consoleSteps(block.text)) {
    const done = await session.run(command, null);
    if (done.code !== 0) return `\`${command}\` ended with ${done.code}:\n${done.output}`;
    const missing = missingLine(output, done.output);
    if (missing !== null) return `\`${command}\` did not print "${missing.trim()}" but\n${done.output}`;
  }
  return null;
}

async function faultOfShell(session: Session, { text, marker }: Block): Promise<string | null> {
  const interruptAfterS = marker?.name === 'interrupted after' ? Number.parseFloat(marker.value) : null;
  const expected = marker?.name === 'exit code' ? Number(marker.value) : 0;
  const done = await session.run(text, interruptAfterS === null ? null : interruptAfterS * 1_000);
  if (done.interrupted) return null;
  return done.code === expected ? null : `ended with ${done.code}, expected ${expected}:\n${done.output}`;
}

/** One person's shell: each block is a process of its own, and the variables it sets go on into the next. */
class Session {
  readonly #workspace: Workspace;
  readonly #variables = new Set<string>();
  readonly #state: string;
  readonly #groups: number[] = [];

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.#state = join(workspace.dir, `.variables-${randomUUID()}`);
  }

  async run(script: string, interruptAfterMs: number | null): Promise<Outcome> {
    const state = this.#state;
    for (const match of script.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)=/gm))
      this.#variables.add(match[1]!);
    const keep = [...this.#variables]
      .map((name) => `[ -n "\${${name}+set}" ] && declare -p ${name} >> '${state}.new'`)
      .join('\n');
    const whole = [
      'set -eo pipefail',
      existsSync(state) ? `source '${state}'` : '',
      script,
      `: > '${state}.new'`,
      `{ ${keep === '' ? ':' : keep}\n} || true`,
      `mv '${state}.new' '${state}'`,
    ].join('\n');
    return this.#spawn(whole, interruptAfterMs);
  }

  /** End what a document left running in the background. */
  end(): void {
    for (const group of this.#groups) signalGroup(group, 'SIGTERM');
  }

  #spawn(script: string, interruptAfterMs: number | null): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['--noprofile', '--norc', '-c', script], {
        cwd: this.#workspace.dir,
        env: this.#workspace.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, so that an interruption reaches what the shell waits for, as Ctrl-C does.
        detached: true,
      });
      this.#groups.push(child.pid!);
      let output = '';
      let hung = false;
      let interrupted = false;
      let interrupt: NodeJS.Timeout | null = null;
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          // On a busy machine a command takes its time to come up: what is counted is from its first word.
          if (interruptAfterMs === null) return;
          interrupt ??= setTimeout(() => {
            interrupted = true;
            signalGroup(child.pid!, 'SIGINT');
          }, interruptAfterMs);
        });
      }
      const limit = setTimeout(() => {
        hung = true;
        signalGroup(child.pid!, 'SIGKILL');
      }, TIMEOUT_MS);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(limit);
        if (interrupt !== null) clearTimeout(interrupt);
        const note = hung ? `\n(still running after ${TIMEOUT_MS} ms)` : '';
        resolve({ code, output: output + note, interrupted: interrupted && !hung });
      });
    });
  }
}

function signalGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // It has ended by itself.
  }
}

/** @returns what PostgreSQL says against it. Nothing that it changes stays. */
async function faultOfSql(text: string, workspace: Workspace): Promise<string | null> {
  const client = new pg.Client({ connectionString: await databaseUrlOf(workspace) });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(text);
    return null;
  } catch (error) {
    return messageOf(error);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    await client.end();
  }
}
