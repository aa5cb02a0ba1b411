import {
  isOfCall,
  type CallConduct,
  type CallDutyKind,
  type DutyOutcome,
  type DutyWhy,
} from '../../domain/duty.ts';
import { dialFactsSchema } from '../../domain/facts.ts';
import type { RuleResult } from '../../domain/decision.ts';
import type { EpochMs } from '../../domain/time.ts';
import { canonicalJson, checkDuties } from '../../policies/index.ts';
import type { Violation } from '../verdict.ts';

/** A call that is over and settled, with what was found of its duties. */
export interface StoredConduct {
  readonly attemptId: string;
  readonly decisionId: string;
  readonly results: readonly RuleResult[];
  readonly facts: unknown;
  /** What the call did, read again from the carrier's events. */
  readonly conduct: CallConduct;
  /** When the latest news that could change it was received (real); null: there was none. */
  readonly newsReal: EpochMs | null;
  readonly checks: readonly {
    readonly n: number;
    readonly decisionId: string;
    readonly pack: string;
    readonly rule: string;
    readonly kind: CallDutyKind;
    readonly outcome: DutyOutcome;
    readonly why: DutyWhy;
    readonly conduct: CallConduct;
    readonly recordedReal: EpochMs;
  }[];
}

/** News that was received so shortly before the check (real ms) may have been committed after it had looked. */
const SAME_TIME_MS = 1_000;

/**
 * I7: each duty of a call has its check; what was found follows from what was known of the call, and that from the
 * carrier's events.
 * @returns `late`: news came after the check, so that what it knew cannot be read again
 */
export function checkDutyRecord(call: StoredConduct): { violations: Violation[]; late: boolean } {
  const owed = call.results.flatMap(({ pack, rule, duties = [] }) =>
    duties.filter(isOfCall).map((duty) => ({ pack, rule, duty })),
  );
  const subject = { attemptId: call.attemptId, decisionId: call.decisionId };
  const violations: Violation[] = [];
  let late = false;
  const dialogue = dialFactsSchema.safeParse(call.facts).data?.dialogue ?? null;
  owed.forEach(({ pack, rule, duty }, n) => {
    const stored = call.checks.find((check) => check.n === n);
    const of = { ...subject, rule: `${pack}/${rule}` };
    if (stored === undefined) {
      violations.push({
        subject: of,
        what: `owed ${duty.kind}, and no check of it is stored`,
        expected: 'one',
      });
      return;
    }
    const [again] = checkDuties([duty], stored.conduct, dialogue);
    const found = { decisionId: call.decisionId, pack, rule, kind: duty.kind, ...again! };
    for (const key of ['decisionId', 'pack', 'rule', 'kind', 'outcome', 'why'] as const) {
      if (canonicalJson(stored[key]) === canonicalJson(found[key])) continue;
      violations.push({
        subject: of,
        what: `its check of ${duty.kind} has the ${key} ${canonicalJson(stored[key])}`,
        expected: canonicalJson(found[key]),
      });
    }
    if (canonicalJson(stored.conduct) === canonicalJson(call.conduct)) return;
    if (call.newsReal !== null && call.newsReal >= stored.recordedReal - SAME_TIME_MS) {
      late = true;
      return;
    }
    violations.push({
      subject: of,
      what: `was checked as if the call had done ${canonicalJson(stored.conduct)}`,
      expected: `what its events say: ${canonicalJson(call.conduct)}`,
    });
  });
  if (call.checks.length > owed.length) {
    violations.push({
      subject,
      what: `has ${call.checks.length} checks of duties`,
      expected: `${owed.length}, as many as its decision lays on the call`,
    });
  }
  return { violations, late };
}
