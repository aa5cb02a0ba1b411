import type { EpochMs } from '../../../domain/time.ts';

/** What the judge holds a run against, in the order in which it is printed. */
export const GUARANTEES = {
  permit: 'I1 permit: behind each request stands an attempt with a permit, on record before it',
  'one-ring': 'I2 one ring: at most one request for each attempt id',
  stop: 'I3 stop means stop: nothing in scope after the acknowledgement that a client received',
  window: 'I4 local time: nothing outside the window of any candidate zone',
  cap: 'I5 caps: no cap exceeded in any window, over campaigns and numbers of a person',
  pace: 'Pace: no more calls in any sliding second than the line or the campaign takes',
  evidence: 'I7 evidence: every decision is present, knew what was to be known, and evaluates to its verdict',
  stuck:
    'I10 nothing stuck: each contact is over or waits with an instant, nothing is left reserved, no agent has two calls',
  report: 'Reports: totals are what the log says',
  audit: '`rightcall audit verify` finds nothing',
} as const;
export type GuaranteeId = keyof typeof GUARANTEES;

/** Whom and what it is about; the timeline is what is on record of these. */
export interface Subject {
  readonly attemptId?: string;
  readonly contactId?: string;
  readonly personId?: string;
  readonly campaignId?: string;
  readonly stopId?: string;
}

export interface Found {
  readonly subject: Subject;
  /** Around when (real) to look; null: no instant stands out. */
  readonly aroundReal: EpochMs | null;
  readonly what: string;
  readonly expected: string;
}

/** What one guarantee's check came to. */
export interface Findings {
  /** How many things were held against the guarantee. */
  readonly looked: number;
  readonly violations: readonly Found[];
  /** What docs/invariants.md says may remain, within its bounds: no violations, and never passed over in silence. */
  readonly residuals: readonly Found[];
  /** What could not be looked at, and why. */
  readonly notLooked: readonly string[];
}

export interface JudgedGuarantee {
  readonly id: GuaranteeId;
  readonly name: string;
  readonly looked: number;
  readonly violationsTotal: number;
  /** The first of them, at most `VIOLATIONS_SHOWN`. */
  readonly violations: readonly (Found & { readonly timeline: readonly string[] })[];
  readonly residuals: readonly Found[];
  readonly notLooked: readonly string[];
}

export interface Verdict {
  readonly ok: boolean;
  readonly seed: string;
  readonly build: string;
  readonly guarantees: readonly JudgedGuarantee[];
}

/** Enough to see a pattern. */
export const VIOLATIONS_SHOWN = 5;

/** The verdict as people read it: a line for each guarantee, then each violation with its seed and timeline. */
export function formatVerdict(verdict: Verdict): string {
  const lines = verdict.guarantees.map((one) => {
    const residuals = one.residuals.length === 0 ? '' : `, ${one.residuals.length} of what may remain`;
    const found = one.violationsTotal === 0 ? 'held' : `VIOLATED ${one.violationsTotal} times`;
    return `${one.name}\n    ${found} (${one.looked} looked at${residuals})`;
  });
  for (const one of verdict.guarantees) {
    for (const why of one.notLooked) lines.push(`${one.id}: not looked at: ${why}`);
    for (const left of one.residuals) lines.push(`${one.id}: may remain: ${wordsOf(left)}`);
  }
  for (const one of verdict.guarantees) {
    for (const violation of one.violations) {
      lines.push('', `seed ${verdict.seed}, build ${verdict.build}: ${one.id}: ${wordsOf(violation)}`);
      lines.push(...violation.timeline.map((line) => `    ${line}`));
    }
  }
  return lines.join('\n');
}

function wordsOf({ subject, what, expected }: Found): string {
  const whom = Object.entries(subject).map(([name, id]) => `${name.replace(/Id$/, '')} ${String(id)}`);
  return `${whom.join(', ')}: ${what}; expected ${expected}`;
}
