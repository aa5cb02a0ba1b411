import type { DutyKind, RuleOutcome } from '../../../domain/decision.ts';
import type { EpochMs } from '../../../domain/time.ts';
import type { CohortOutcome } from '../../../gate/cohort.ts';
import type { RemedyCode, RemedyDetails } from '../../../policies/index.ts';

/** What one rule said, as it is told. */
export interface ToldRule {
  readonly type: string;
  readonly rule: string;
  readonly outcome: RuleOutcome;
  readonly reason: string | null;
  readonly until: EpochMs | null;
  /** Its trace: ids, counts, local times. Of a stored decision too, so that nothing may be taken for granted. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Its parameters as the pack has them; empty where they are not at hand. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly label: string;
}

/** What a call is, and how the parts of a sentence about it are told in the language of the answer. */
export interface Telling {
  /** The instant that the explanation is of. */
  readonly at: EpochMs;
  /** The purpose of the call, by its channel: `marketing by voice`. */
  readonly call: string;
  /** An instant as the person's clock shows it, in every zone they may be in. */
  instant(at: EpochMs): string;
  /** `3 days`. */
  duration(of: unknown): string;
  /** Hours of the day, by weekday where they differ. */
  windows(of: unknown): string;
  level(of: unknown): string;
  purposes(of: unknown): string;
  channel(of: unknown): string;
  /** Any values, one after another. */
  list(of: unknown): string;
  /** A code as words, where it has any. */
  word(of: unknown): string;
  /** Codes as words, one after another. */
  terms(of: unknown): string;
}

/** The sentences about rules, what would have to change, and duties, in one language. */
export interface RuleWords {
  /** A rule type in a word or two. */
  readonly types: Readonly<Record<string, string>>;
  /** What a rule of each type says, from what it looked at; without a full stop. */
  readonly says: Readonly<Record<string, (rule: ToldRule, tell: Telling) => string>>;
  /** Freed from the rule by what the law allows. */
  readonly freed: (of: { why: string | null; source: string | null }, tell: Telling) => string;
  readonly notInForce: (of: { from: string }) => string;
  /** Reason codes as clauses. */
  readonly reasons: Readonly<Record<string, string>>;
  /** What a rule type says by its reason, as clauses: by type, then by what follows the last dot; `own`: the pack's code alone. */
  readonly faults: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Codes of closed sets that sentences name: what is disclosed, means, kinds of records. */
  readonly terms: Readonly<Record<string, string>>;
  /** What would let a rule pass; complete by its type. */
  readonly remedies: {
    readonly [C in RemedyCode]: (of: RemedyDetails[C], tell: Telling) => string;
  };
  /** What would end a block, by its code. */
  readonly blockRemedies: Readonly<Record<string, string>>;
  /** What the call must carry out; complete by its type. */
  readonly duties: {
    readonly [K in DutyKind]: (of: Readonly<Record<string, unknown>>, tell: Telling) => string;
  };
  /** By when a duty is owed. */
  readonly within: (of: { seconds: number; afterRequest: boolean }) => string;
  readonly due: (of: { at: string }) => string;
  readonly together: (of: { from: string | null }) => string;
  /** What becomes of a part of a campaign's contacts; complete by its type. */
  readonly outcomes: Readonly<Record<CohortOutcome, string>>;
  /** Causes and reasons on record that no rule gives. */
  readonly causes: Readonly<Record<string, string>>;
  /** After a call that came to this. */
  readonly retryAfter: (of: { outcome: string }) => string;
  readonly endedWith: (of: { state: string; why: string | null }) => string;
  readonly cohort: (of: { total: string; dialable: string; main: string | null }) => string;
  readonly forecast: (of: { eligible: string; dialled: string; until: string }) => string;
  /** A count that was scaled from a sample. */
  readonly about: (of: { count: number; low: number; high: number }) => string;
}
