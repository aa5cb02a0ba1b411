import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTerminalContactState, type ContactState } from '../../domain/vocabulary.ts';
import { loggedCalls } from '../support/carrier-log.ts';
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
  agents?: {
    agents: number;
    engaged: number;
    campaigns: {
      title: string;
      counts: { attempts: number; handled: number };
      abandonment: { held: boolean }[];
    }[];
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
async function expectTrueReport(run: StartedRun, dir: string): Promise<Printed> {
  const result = printed(run);
  expect(result.campaign.status).toBe('completed');
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
  it('rehearses a campaign with agents and then without to its end, prints one JSON object that agrees with the carrier, and leaves nothing running', async () => {
    const dir = await dataDir();
    const args = ['--data', dir, '--limit', '160', '--speed', '4320', '--exit', '--json'];
    const run = start(...args);
    expect(await run.ended, run.stderr()).toEqual({ code: 0, signal: null });
    const first = await expectTrueReport(run, dir);
    const calls = await loggedCalls(join(dir, 'simulator', 'requests.jsonl'));
    const { campaigns, ...team } = first.agents!;
    expect(team).toMatchObject({ agents: 6, engaged: 0 });
    expect(campaigns.map(({ title }) => title)).toEqual([
      'agentless',
      'preview',
      'progressive',
      'predictive',
    ]);
    for (const { title, counts, abandonment } of campaigns) {
      const ofIt = calls.filter(({ mode }) => mode === title);
      expect(counts.attempts, title).toBe(ofIt.length);
      expect(counts.handled, title).toBe(ofIt.filter(({ joinedAt }) => joinedAt !== null).length);
      expect(counts.attempts, title).toBeGreaterThan(0);
      expect(abandonment.length > 0, title).toBe(title !== 'agentless');
      expect(abandonment.filter(({ held }) => !held)).toEqual([]);
    }
    expect(first.report.progress.attempts).toBe(campaigns[0]!.counts.attempts);
    expect(await processesLeft(dir)).toEqual([]);

    const again = start(...args);
    expect(await again.ended, again.stderr()).toEqual({ code: 0, signal: null });
    expect(printed(again).report).toEqual(first.report);
    expect((await dialLines(dir)).length).toBe(first.audit.dialRequests);
  });

  it('goes on and calls no one twice when every process in turn, and then the command itself, is killed with SIGKILL', async () => {
    const dir = await dataDir();
    const args = ['--data', dir, '--limit', '80', '--agents', '0', '--exit', '--json'];
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
    const { report, agents } = await expectTrueReport(next, dir);
    expect(report.progress.imported).toBe(80);
    expect(agents).toBeUndefined();
    expect((await dialLines(dir)).length).toBeGreaterThan(dialled);
    expect(await processesLeft(dir)).toEqual([]);
  });

  it('killed with SIGKILL while agents work, goes on with their shift, and calls no one twice', async () => {
    const dir = await dataDir();
    const args = ['--data', dir, '--limit', '160', '--speed', '8640', '--exit', '--json'];
    const joined = async () =>
      (await loggedCalls(join(dir, 'simulator', 'requests.jsonl'))).filter(
        ({ joinedAt }) => joinedAt !== null,
      );
    const run = start(...args);
    await run.until('a call with an agent', async () => (await joined()).length >= 1, 120_000);
    run.kill('SIGKILL');
    await run.ended;
    const before = (await joined()).length;
    const next = start(...args);
    // Whoever was on the line when everything was killed may have been left alone: the report says so.
    expect([0, 1]).toContain((await next.ended).code);
    const { agents } = await expectTrueReport(next, dir);
    expect(agents).toMatchObject({ agents: 6, engaged: 0 });
    expect((await joined()).length).toBeGreaterThan(before);
    expect(await processesLeft(dir)).toEqual([]);
  }, 420_000);

  it('ends everything in order at Ctrl-C while it rehearses', async () => {
    const dir = await dataDir();
    const run = start('--data', dir, '--limit', '20', '--agents', '0');
    await run.until('the rehearsal', () => run.stdout().includes('Rehearsing'), 90_000);
    run.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 130, signal: null });
    expect(run.stdout()).toContain('Everything is stopped');
    expect(await processesLeft(dir)).toEqual([]);
  });
});
