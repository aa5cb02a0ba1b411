/** What an audit says: for each invariant what was looked at, what stood against it and what could not be seen. */

export const AUDITED_INVARIANTS = {
  I1: 'permit',
  I2: 'one ring',
  I3: 'stop means stop',
  I4: 'local time',
  I5: 'caps',
  I6: 'fail closed',
  I7: 'evidence',
  I8: 'privacy',
  I9: 'tighten only',
  I10: 'nothing stuck',
  I11: 'promises',
  I12: 'isolation',
} as const;
export type InvariantId = keyof typeof AUDITED_INVARIANTS;
export const INVARIANT_IDS = Object.keys(AUDITED_INVARIANTS) as InvariantId[];

/** One thing that is not as promised. `subject` holds ids only, never a number or a name (I8). */
export interface Violation {
  readonly subject: Readonly<Record<string, string | number>>;
  readonly what: string;
  readonly expected: string;
}

export interface InvariantVerdict {
  readonly id: InvariantId;
  readonly name: string;
  /** How many things were held against the invariant; 0 with nothing in `notChecked`: there were none. */
  readonly checked: number;
  readonly violationsTotal: number;
  /** The first of them, at most `VIOLATIONS_LISTED`. */
  readonly violations: readonly Violation[];
  /** Worth a look, and no violation by itself: a lease that ran out and will be taken up by the next sweep. */
  readonly warningsTotal: number;
  readonly warnings: readonly Violation[];
  /** What could not be checked, and why. */
  readonly notChecked: readonly string[];
}

/** The evidence log, as far as it was looked at under I7. */
export interface SealsVerdict {
  readonly sealed: number;
  readonly checkpoints: number;
  /** Checkpoints in the second place; null: it was not looked at. */
  readonly copies: number | null;
  /** When the last checkpoint was made (real, epoch ms). */
  readonly lastReal: number | null;
  /** Ids of the keys that signed. */
  readonly keys: readonly string[];
}

export interface AuditVerdict {
  /** True when nothing was violated and every decision could be evaluated again. */
  readonly ok: boolean;
  /** When the data was read (real, epoch ms): one snapshot of the database. */
  readonly readReal: number;
  readonly decisions: {
    readonly stored: number;
    /** Evaluated again with the stored facts and documents, to the same trace or not. */
    readonly reevaluated: number;
    /** Decisions of evaluator versions that this build does not have, by version. */
    readonly unknownEngines: Readonly<Record<string, number>>;
  };
  /** Null: nothing is sealed, or only a campaign was audited. */
  readonly seals: SealsVerdict | null;
  readonly attempts: number;
  /** Dial requests found in the carrier's log; null when no log was given. */
  readonly dialRequests: number | null;
  readonly invariants: readonly InvariantVerdict[];
  readonly notes: readonly string[];
}

/** Violations listed for each invariant; all are counted. Enough to see a pattern, and no report of gigabytes. */
export const VIOLATIONS_LISTED = 20;

/** Collects what the checks of one invariant find. */
export interface Tally {
  /** `count` more things were checked, with these violations among them. */
  add(count: number, violations: readonly Violation[]): void;
  /** The same of one thing, with what is to be looked at. */
  found(of: { readonly violations: readonly Violation[]; readonly warnings: readonly Violation[] }): void;
  /** Said once, however often it is added. */
  notChecked(why: string): void;
  verdict(): InvariantVerdict;
}

export function createTally(id: InvariantId): Tally {
  const violations: Violation[] = [];
  const warnings: Violation[] = [];
  const notChecked = new Set<string>();
  let checked = 0;
  let violationsTotal = 0;
  let warningsTotal = 0;
  const keep = (kept: Violation[], found: readonly Violation[]) => {
    kept.push(...found.slice(0, VIOLATIONS_LISTED - kept.length));
  };
  const add = (count: number, found: readonly Violation[]) => {
    checked += count;
    violationsTotal += found.length;
    keep(violations, found);
  };
  return {
    add,
    found: (of) => {
      add(1, of.violations);
      warningsTotal += of.warnings.length;
      keep(warnings, of.warnings);
    },
    notChecked: (why) => {
      notChecked.add(why);
    },
    verdict: () => ({
      id,
      name: AUDITED_INVARIANTS[id],
      checked,
      violationsTotal,
      violations,
      warningsTotal,
      warnings,
      notChecked: [...notChecked],
    }),
  };
}
