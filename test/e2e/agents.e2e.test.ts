import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loggedCalls } from '../support/carrier-log.ts';
import { startRun, temporaryDir, type StartedRun } from '../support/local-run.ts';

interface Counts {
  readonly attempts: number;
  readonly answers: number;
  readonly liveAnswers: number;
  readonly handled: number;
}
interface Printed {
  readonly ok: boolean;
  readonly agents: {
    readonly agents: number;
    readonly engaged: number;
    readonly campaigns: readonly {
      readonly title: string;
      readonly counts: Counts;
      readonly abandonment: readonly { readonly held: boolean }[];
    }[];
    readonly all: { readonly counts: Counts; readonly kpis: { readonly utilisation: number } };
  };
  readonly audit: { readonly ok: boolean };
}

let run: StartedRun | null = null;
let dir: { dir: string; remove(): Promise<void> } | null = null;
afterAll(async () => {
  run?.kill('SIGTERM');
  await run?.ended;
  await dir?.remove();
});

it("npm start --agents rehearses a campaign in every mode: figures are those of the carrier's log, the audit passes, every cap on abandoned calls is held, and no agent is left with a contact", async () => {
  dir = await temporaryDir();
  run = startRun(['--data', dir.dir, '--agents', '8', '--limit', '48', '--speed', '30', '--exit', '--json']);
  expect(await run.ended, run.stderr()).toEqual({ code: 0, signal: null });
  const { ok, agents, audit } = JSON.parse(run.stdout()) as Printed;
  expect({ ok, audit: audit.ok, engaged: agents.engaged }).toEqual({ ok: true, audit: true, engaged: 0 });
  const calls = await loggedCalls(join(dir.dir, 'simulator', 'requests.jsonl'));
  const countsOf = (of: typeof calls): Counts => ({
    attempts: of.length,
    answers: of.filter(({ answeredAt }) => answeredAt !== null).length,
    liveAnswers: of.filter(({ outcome }) => outcome === 'answered').length,
    handled: of.filter(({ joinedAt }) => joinedAt !== null).length,
  });
  for (const { title, counts, abandonment } of agents.campaigns) {
    expect(abandonment.filter(({ held }) => !held)).toEqual([]);
    expect(abandonment.length > 0, title).toBe(title !== 'agentless');
    expect(counts, title).toMatchObject(countsOf(calls.filter(({ mode }) => mode === title)));
    expect(counts.attempts, title).toBeGreaterThan(0);
  }
  expect(agents.all.counts).toMatchObject(countsOf(calls));
  expect(agents.all.counts.handled).toBeGreaterThan(0);
  expect(agents.all.kpis.utilisation).toBeGreaterThan(0);
});
