import { afterAll, describe, expect, it } from 'vitest';
import { isTerminalContactState, type ContactState } from '../../domain/vocabulary.ts';
import {
  dialLines,
  pidOf,
  PROCESSES,
  startRun,
  temporaryDir,
  type ProcessName,
  type StartedRun,
} from '../support/local-run.ts';

interface Printed {
  ok: boolean;
  campaign: { id: string; status: string };
  report: {
    progress: { imported: number; attempts: number; byState: Partial<Record<ContactState, number>> };
  };
  audit: {
    ok: boolean;
    dialRequests: number | null;
    decisions: { stored: number; reevaluated: number };
    seals: { sealed: number; checkpoints: number; copies: number } | null;
  };
}

const started: StartedRun[] = [];
const dirs: { remove(): Promise<void> }[] = [];
function start(...args: string[]): StartedRun {
  const run = startRun(args);
  started.push(run);
  return run;
}
async function dataDir(): Promise<string> {
  const made = await temporaryDir();
  dirs.push(made);
  return made.dir;
}
afterAll(async () => {
  for (const run of started) {
    run.kill('SIGTERM');
    await run.ended;
  }
  for (const dir of dirs) await dir.remove();
});

function printed(run: StartedRun): Printed {
  expect(run.stdout(), run.stderr()).not.toBe('');
  return JSON.parse(run.stdout()) as Printed;
}

/** What must be true of every rehearsal that came to its end, whatever happened on the way. */
async function expectTrueReport(run: StartedRun, dir: string, contacts: number): Promise<Printed> {
  const result = printed(run);
  expect(result.campaign.status).toBe('completed');
  expect(result.report.progress.imported).toBe(contacts);
  const states = Object.keys(result.report.progress.byState) as ContactState[];
  expect(states.filter((state) => !isTerminalContactState(state))).toEqual([]);

  const dials = await dialLines(dir);
  const ids = dials.map((line) => line.attemptId);
  expect(new Set(ids).size, 'an attempt was sent to the carrier twice').toBe(ids.length);
  expect(result.audit).toMatchObject({ ok: true, dialRequests: dials.length });
  expect(result.audit.decisions.reevaluated).toBe(result.audit.decisions.stored);
  // All but what was decided in the last seconds is sealed, and copied to the second place.
  expect(result.audit.seals!.sealed).toBeGreaterThan(0);
  expect(result.audit.seals!.copies).toBeGreaterThan(0);
  return result;
}

async function processesLeft(dir: string): Promise<ProcessName[]> {
  const left: ProcessName[] = [];
  for (const name of Object.keys(PROCESSES) as ProcessName[]) {
    if ((await pidOf(dir, name)) !== null) left.push(name);
  }
  return left;
}

describe('npm start', () => {
  it('rehearses a campaign to its end, prints one JSON object that agrees with the carrier, and leaves nothing running', async () => {
    const dir = await dataDir();
    const args = ['--data', dir, '--limit', '40', '--speed', '4320', '--exit', '--json'];
    const run = start(...args);
    expect(await run.ended, run.stderr()).toEqual({ code: 0, signal: null });
    const first = await expectTrueReport(run, dir, 40);
    const accepted = (await dialLines(dir)).filter((line) => line.result === 'accepted');
    expect(accepted.length).toBe(first.report.progress.attempts);
    expect(accepted.length).toBeGreaterThan(10);
    expect(await processesLeft(dir)).toEqual([]);

    const again = start(...args);
    expect(await again.ended, again.stderr()).toEqual({ code: 0, signal: null });
    expect(printed(again).report).toEqual(first.report);
    expect((await dialLines(dir)).length).toBe(first.audit.dialRequests);
  });

  it('goes on and calls no one twice when every process in turn, and then the command itself, is killed with SIGKILL', async () => {
    const dir = await dataDir();
    const args = ['--data', dir, '--limit', '80', '--exit', '--json'];
    // A day a minute while things are killed, and three times that to see the end of it.
    const run = start(...args, '--speed', '1440');
    await run.until('the first calls', async () => (await dialLines(dir)).length >= 5, 90_000);
    for (const name of ['worker', 'api', 'simulator', 'Temporal', 'PostgreSQL'] as const) {
      const pid = await pidOf(dir, name);
      expect(pid, name).not.toBeNull();
      process.kill(pid!, 'SIGKILL');
      await run.until(`${name} is back`, async () => {
        const now = await pidOf(dir, name);
        return now !== null && now !== pid && run.stderr().includes(`${name} is back`);
      });
    }
    run.kill('SIGKILL');
    await run.ended;
    const dialled = (await dialLines(dir)).length;
    const next = start(...args, '--speed', '4320');
    expect(await next.ended, next.stderr()).toEqual({ code: 0, signal: null });
    await expectTrueReport(next, dir, 80);
    expect((await dialLines(dir)).length).toBeGreaterThan(dialled);
    expect(await processesLeft(dir)).toEqual([]);
  });

  it('ends everything in order at Ctrl-C while it rehearses', async () => {
    const dir = await dataDir();
    const run = start('--data', dir, '--limit', '20');
    await run.until('the rehearsal', () => run.stdout().includes('Rehearsing'), 90_000);
    run.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 130, signal: null });
    expect(run.stdout()).toContain('Everything is stopped');
    expect(await processesLeft(dir)).toEqual([]);
  });
});
