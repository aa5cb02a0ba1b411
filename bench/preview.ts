import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { requestPreview } from '../api/actions/policy-previews.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { storePolicySet } from '../db/repositories/policies.ts';
import { insertDraft, setDraftStatus } from '../db/repositories/policy-drafts.ts';
import { previewById } from '../db/repositories/policy-previews.ts';
import { fixedClock } from '../domain/clock.ts';
import type { PreviewResult } from '../gate/preview/result.ts';
import { bundledDocuments, compilePolicySet, toStored, type PackDocument } from '../policies/index.ts';
import { ALL_OPEN, type FilledDatabase } from './support/filled.ts';
import type { PreviewRun } from './support/preview-runner.ts';
import { atMost, below, measure, shown, type BenchResult, type Report } from './support/result.ts';

/**
 * How long it takes to say what a draft would change for every open contact: the first answer, of a sample, and the whole,
 * worked out in a process of its own. Once for a rule that binds everybody, and once for one that binds one state.
 */
export interface PreviewBenchOptions {
  readonly filled: FilledDatabase;
  readonly report: Report;
  readonly runs: number;
}

const RUNNER = join(fileURLToPath(new URL('.', import.meta.url)), 'support', 'preview-runner.ts');
const WHOM = { everybody: '*', 'one state': 'US-NY' } as const;
type Whom = keyof typeof WHOM;
/** issue 5: a million contacts within three minutes, memory as an import's, the first answer within two seconds. */
const WHOLE_S = 180;
const MILLION = 1_000_000;
const MEMORY_MB = 350;
const FIRST_S = 2;

interface Done extends PreviewRun {
  readonly firstS: number;
  readonly total: number;
  readonly changed: number;
}

export async function run({ filled, report, runs }: PreviewBenchOptions): Promise<BenchResult> {
  const db = await openDatabase(filled.url, { maxConnections: 4, applicationName: 'rightcall-bench' });
  const all: Record<Whom, Done[]> = { everybody: [], 'one state': [] };
  try {
    for (let i = 1; i <= runs; i++) {
      for (const whom of Object.keys(WHOM) as Whom[]) {
        const done = await previewOnce(db, filled, WHOM[whom]);
        all[whom].push(done);
        report(
          `  preview ${whom}, run ${i}: first answer ${done.firstS.toFixed(2)} s, ${done.total} contacts in ` +
            `${done.wallS.toFixed(1)} s (${shown(done.total / done.wallS)}/s, CPU ${done.cpuS.toFixed(1)} s), ` +
            `${done.changed} changed, peak ${done.peakRssMb.toFixed(0)} MB`,
        );
      }
    }
  } finally {
    await db.close();
  }
  const per = (whom: Whom, of: (done: Done) => number) => all[whom].map(of);
  const both = (of: (done: Done) => number) => [...per('everybody', of), ...per('one state', of)];
  return {
    name: 'preview',
    compared: 'a draft with one rule more, held against the full packs for every open contact',
    on: `${filled.size}; one process, its progress written each second, 10,000 lines of each list`,
    measures: [
      measure(
        'first answer',
        's',
        both(({ firstS }) => firstS),
        below(FIRST_S),
      ),
      ...(Object.keys(WHOM) as Whom[]).flatMap((whom) => [
        measure(
          `a rule for ${whom}`,
          'contacts/s',
          per(whom, (done) => done.total / done.wallS),
        ),
        measure(
          `a rule for ${whom}, ${filled.people === MILLION ? '' : 'as if '}a million`,
          's',
          per(whom, (done) => (done.wallS * MILLION) / done.total),
          atMost(WHOLE_S),
        ),
      ]),
      measure(
        'peak memory',
        'MB',
        both(({ peakRssMb }) => peakRssMb),
        below(MEMORY_MB),
      ),
    ],
    notes: [
      `memory before it began: ${shown(Math.max(...both(({ rssBeforeMb }) => rssBeforeMb)))} MB`,
      'no decisions of the past are in the fill; contacts alone are measured',
    ],
  };
}

async function previewOnce(db: Database, filled: FilledDatabase, jurisdiction: string): Promise<Done> {
  const { tenantId } = filled;
  const clock = fixedClock(ALL_OPEN);
  const base = bundledDocuments();
  const candidate = [...base, quieter(jurisdiction)];
  const hash = compilePolicySet(candidate).hash;
  const draftId = uuidv7();
  const by = 'bench';
  await db.inTenant(tenantId, async (tx) => {
    await storePolicySet(tx, { hash, documents: candidate.map(toStored) }, clock.now());
    const draft = await insertDraft(tx, {
      id: draftId,
      title: 'Quieter',
      note: null,
      changes: [],
      cases: [],
      accepted: [],
      baseHash: compilePolicySet(base).hash,
      by,
      at: clock.now(),
    });
    await setDraftStatus(tx, draft, { status: 'checked', candidateHash: hash, at: clock.now() });
  });
  const defaultPolicySet = () => {
    const documents = bundledDocuments();
    return { hash: compilePolicySet(documents).hash, documents: documents.map(toStored) };
  };
  const since = performance.now();
  const preview = await requestPreview(
    { db, clock, defaultPolicySet },
    { tenantId, draftId, by, requestId: null, campaignId: null, at: clock.now(), days: 30 },
  );
  const firstS = (performance.now() - since) / 1_000;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    import.meta.resolve('tsx'),
    RUNNER,
    filled.url,
    tenantId,
  ]);
  const done = await db.inTenant(tenantId, (tx) => previewById(tx, draftId, preview.id));
  if (done?.status !== 'finished') throw new Error(`the preview is ${done?.status}: ${done?.failure}`);
  const { total, changes } = (done.result as PreviewResult).contacts;
  return { ...(JSON.parse(stdout) as PreviewRun), firstS, total, changed: total - changes.unchanged };
}

/** Office hours alone, in these places. */
function quieter(jurisdiction: string): PackDocument {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri'];
  return {
    kind: 'pack',
    id: 'house-quieter',
    version: 1,
    title: 'Office hours alone',
    authority: 'house',
    rules: [
      {
        id: 'house.quieter',
        version: 1,
        type: 'calling_window',
        label: 'Office hours alone',
        jurisdiction: [jurisdiction],
        strength: 'house',
        citation: { instrument: 'Made up for a benchmark', article: '1', url: null, checkedOn: '2026-11-22' },
        confidence: 'P',
        reasonCode: 'house.quieter',
        params: { windows: Object.fromEntries(days.map((day) => [day, ['10:00-17:00']])) },
      },
    ],
  };
}
