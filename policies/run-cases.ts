import type { Duty, Evaluation } from '../domain/decision.ts';
import { toIso } from '../domain/time.ts';
import type { Case, CaseFile, ExpectedDuty } from './case-file.ts';
import { factsOfCase } from './case-file.ts';
import type { PolicyDocument } from './documents.ts';
import { evaluate } from './evaluate.ts';
import { canonicalJson } from './hash.ts';
import { compilePolicySet } from './policy-set.ts';

/** A case as it came out. */
export interface CaseResult {
  readonly file: string;
  readonly name: string;
  /** What differs, one line each, `what: expected …, got …`; empty: as expected. */
  readonly differences: readonly string[];
  readonly evaluation: Evaluation;
}

/**
 * Runs the cases of a file against documents: the file's packs and all calendars. Pure.
 * @throws invalid_input when a pack that the file names is not among them, or the documents do not compile
 * @throws ZodError when a case's facts are wrong
 */
export function runCases(file: CaseFile, documents: readonly PolicyDocument[]): CaseResult[] {
  const policySet = compilePolicySet(
    documents.filter((document) => document.kind === 'calendar' || file.packs.includes(document.id)),
  );
  return file.cases.map((one) => {
    const facts = factsOfCase({ ...file.facts, ...one.facts });
    const evaluation = evaluate({ policySet, facts, at: one.at, horizonMs: one.horizonMs });
    return {
      file: file.title,
      name: one.name,
      differences: differencesOf(one.expect, evaluation),
      evaluation,
    };
  });
}

function differencesOf(expected: Case['expect'], evaluation: Evaluation): string[] {
  const { verdict } = evaluation;
  const differences: string[] = [];
  const compare = (what: string, wanted: string, got: string) => {
    if (wanted !== got) differences.push(`${what}: expected ${wanted}, got ${got}`);
  };
  compare('verdict', expected.verdict, verdict.kind);
  if (expected.verdict === 'allow') compare('reasons', 'none', evaluation.reasons.join(', ') || 'none');
  else if (expected.reasons !== undefined) {
    compare('reasons', expected.reasons.toSorted().join(', '), evaluation.reasons.join(', ') || 'none');
  }
  if (verdict.kind !== 'deny' && 'until' in expected && expected.until !== undefined) {
    compare('until', untilText(expected.until), untilText(verdict.until));
  }
  if (expected.verdict !== 'allow' && expected.against !== undefined) {
    const against = evaluation.results.filter(({ outcome }) => outcome === 'deny' || outcome === 'defer');
    const rules = against.filter(({ pack }) => pack !== 'engine').map(({ rule }) => rule);
    compare('against', listText(expected.against), listText(rules));
  }
  if (expected.verdict === 'allow' && expected.duties !== undefined) {
    const owed = evaluation.results.flatMap(({ duties = [] }) => duties);
    compare('duties', listText(expected.duties.map(kindOf)), listText(owed.map(kindOf)));
    for (const wanted of expected.duties) {
      if (typeof wanted === 'string' || owed.some((duty) => isAsExpected(duty, wanted))) continue;
      const got = owed.filter(({ kind }) => kind === wanted.kind);
      compare('duty', canonicalJson(wanted), canonicalJson(got));
    }
  }
  return differences;
}

function kindOf(duty: ExpectedDuty | Duty): string {
  return typeof duty === 'string' ? duty : duty.kind;
}

function isAsExpected(duty: Duty, wanted: Exclude<ExpectedDuty, string>): boolean {
  return (
    duty.kind === wanted.kind &&
    (wanted.withinS === undefined || wanted.withinS === duty.withinS) &&
    (wanted.dueAt === undefined || wanted.dueAt === duty.dueAt) &&
    Object.entries(wanted.detail).every(
      ([key, value]) => key in duty.detail && canonicalJson(duty.detail[key]) === canonicalJson(value),
    )
  );
}

function untilText(until: number | null): string {
  return until === null ? 'without end' : toIso(until);
}

function listText(kinds: readonly string[]): string {
  return kinds.toSorted().join(', ') || 'none';
}
