import { fileURLToPath } from 'node:url';
import type { DialFacts } from '../domain/facts.ts';
import { FACTS_SCHEMA } from '../domain/facts.ts';
import { DAY_MS, HOUR_MS } from '../domain/time.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../policies/index.ts';

/**
 * Pure evaluations per second of processor time, every bundled pack compiled: half of the people in China, half in
 * the United States (twelve states, seven of them with rules of their own), each with two consents and five earlier attempts, at instants
 * spread over four weeks, so that all three verdicts occur. Processor time, not wall time, so that
 * a busy machine does not blur it; what the garbage collector and compiler threads use is in it. Needs Node only.
 */
export interface EvaluateBench {
  readonly name: 'evaluate';
  readonly unit: 'evaluations per CPU second';
  readonly target: number;
  readonly runs: readonly number[];
  readonly median: number;
  /** (slowest, fastest) of the runs. */
  readonly spread: readonly [number, number];
  /** Rule results in the trace, on average. */
  readonly resultsEach: number;
  /** Share of each verdict, for the reader to see that none is missing. */
  readonly verdicts: Readonly<Record<'allow' | 'defer' | 'deny', number>>;
  readonly node: string;
}

const TARGET_PER_SECOND = 20_000;
const SUBJECTS = 2_000;
const FROM = Date.UTC(2026, 10, 2);
const US_ZONES = [
  ['US-NY', ['America/New_York']],
  ['US-IL', ['America/Chicago']],
  ['US-ID', ['America/Boise', 'America/Los_Angeles']],
  ['US-CA', ['America/Los_Angeles']],
  ['US-ND', ['America/Denver', 'America/North_Dakota/Center']],
  ['US-FL', ['America/New_York', 'America/Chicago']],
  ['US-TX', ['America/Chicago', 'America/Denver']],
  ['US-LA', ['America/Chicago']],
  ['US-WA', ['America/Los_Angeles']],
  ['US-RI', ['America/New_York']],
  ['US-UT', ['America/Denver']],
  ['US-OK', ['America/Chicago']],
] as const;

export interface Question {
  readonly facts: DialFacts;
  readonly at: number;
}

function questionOf(i: number): Question {
  const at = FROM + Math.floor(((i * 7919) % SUBJECTS) * ((28 * DAY_MS) / SUBJECTS));
  const chinese = i % 2 === 0;
  const [state, zones] = chinese
    ? (['CN', ['Asia/Shanghai']] as const)
    : US_ZONES[(i >> 1) % US_ZONES.length]!;
  const id = (kind: string, n: number) => `${kind}-${i}-${n}`;
  const facts: DialFacts = {
    schema: FACTS_SCHEMA,
    tenantId: 'tenant',
    campaignId: 'campaign',
    contactId: id('contact', 0),
    personId: id('person', 0),
    purpose: 'marketing',
    channel: 'voice',
    mode: 'agentless',
    sector: null,
    technology: { artificialVoice: false, prerecorded: false, autodialler: false },
    carrierId: 'carrier',
    seller: null,
    debt: null,
    subject: null,
    ringTimeoutS: 30,
    callee: { kind: 'consumer', age: 'adult', relation: 'self', debtorUnreachable: null },
    callerId: { pseudonym: 'caller', country: chinese ? 'CN' : 'US', type: 'fixed_line', prefix: '955' },
    line: { vendor: 'simulator' },
    dialogue: null,
    number: { pseudonym: id('number', 0), country: chinese ? 'CN' : 'US', type: 'mobile' },
    locations: zones.map((zone) => ({
      jurisdiction: state,
      zone,
      source: 'prefix',
      confidence: 'low',
      recordedAt: null,
    })),
    consents: [0, 1].map((n) => ({
      eventId: id('consent', n),
      kind: 'grant',
      purposes: n === 0 ? ['service'] : ['marketing'],
      channels: ['voice'],
      level: i % 10 === 0 ? 'implied' : 'express',
      source: 'web_form',
      occurredAt: FROM - (n + 1) * 50 * DAY_MS,
      recordedAt: FROM - (n + 1) * 50 * DAY_MS,
      expiresAt: null,
      widens: [],
      seller: null,
      technologies: [],
      separate: [],
      guardian: false,
      number: null,
      ownershipVerifiedAt: null,
      renewedFrom: null,
    })),
    suppressions: [],
    lists: [],
    attempts: [0, 1, 2, 3, 4].map((n) => ({
      attemptId: id('attempt', n),
      campaignId: 'campaign',
      purpose: n < 2 ? 'marketing' : 'service',
      channel: 'voice',
      number: id('number', 0),
      carrierId: 'carrier',
      vendor: 'simulator',
      debt: null,
      subject: null,
      at: at - n * 9 * DAY_MS - 20 * HOUR_MS,
      connectedAt: null,
      endedAt: at - n * 9 * DAY_MS - 20 * HOUR_MS,
      conversation: false,
      outcome: 'no_answer',
    })),
    triggers: [],
    relationships: [],
    attestations: [],
    abandonment: [],
  };
  return { facts, at };
}

/** Questions about people in the United States alone. */
export function usQuestions(count: number): Question[] {
  return Array.from({ length: count }, (_, i) => questionOf(2 * i + 1));
}

/** Runs the benchmark. @param runs how often; each evaluates every subject `rounds` times */
export function run(runs = 7, rounds = 10): EvaluateBench {
  const policySet = compilePolicySet(bundledDocuments());
  const questions = Array.from({ length: SUBJECTS }, (_, i) => questionOf(i));
  const verdicts = { allow: 0, defer: 0, deny: 0 };
  let results = 0;
  // The first pass warms caches and compiler, and counts.
  for (const { facts, at } of questions) {
    const evaluation = evaluate({ policySet, facts, at, horizonMs: 2_000 });
    verdicts[evaluation.verdict.kind] += 1 / SUBJECTS;
    results += evaluation.results.length / SUBJECTS;
  }
  const rates = Array.from({ length: runs }, () => {
    const start = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) {
      for (const { facts, at } of questions) evaluate({ policySet, facts, at, horizonMs: 2_000 });
    }
    const used = process.cpuUsage(start);
    const seconds = (used.user + used.system) / 1e6;
    return Math.round((SUBJECTS * rounds) / seconds);
  });
  const sorted = rates.toSorted((a, b) => a - b);
  const rounded = (share: number) => Math.round(share * 1_000) / 1_000;
  return {
    name: 'evaluate',
    unit: 'evaluations per CPU second',
    target: TARGET_PER_SECOND,
    runs: rates,
    median: sorted[Math.floor(sorted.length / 2)]!,
    spread: [sorted[0]!, sorted.at(-1)!],
    resultsEach: rounded(results),
    verdicts: {
      allow: rounded(verdicts.allow),
      defer: rounded(verdicts.defer),
      deny: rounded(verdicts.deny),
    },
    node: process.version,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(run(), null, 2)}\n`);
}
