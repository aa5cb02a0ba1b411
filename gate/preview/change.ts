import type { Evaluation, RuleResult, Verdict } from '../../domain/decision.ts';
import type { EpochMs } from '../../domain/time.ts';
import { leadingResult } from '../dry-run.ts';

/** Where one set of policies leaves a person at an instant, and the rule that decides it. */
export interface Position {
  readonly verdict: Verdict;
  /** Of the rule that decides; null where the call is allowed. */
  readonly reason: string | null;
  /** All reasons against the call, sorted. */
  readonly reasons: readonly string[];
  /** The rule that stands against the call longest, or of an allowed one, that ends it first; null: none. */
  readonly rule: { readonly pack: string; readonly id: string } | null;
}

/**
 * What a change of policies does to one person, the most serious first.
 * - `newly_denied`: might have been called, now or later, and may not any more.
 * - `newly_allowed`: might not, and may, now or later.
 * - `newly_deferred`: might be called at the instant asked about, and has to wait.
 * - `later`, `earlier`: has to wait longer, or less long or no longer.
 * - `shortened`, `extended`: may be called at the instant either way, until an earlier or a later one.
 * - `reasons`: the same, for other reasons.
 */
export const CHANGES = [
  'newly_denied',
  'newly_allowed',
  'newly_deferred',
  'later',
  'earlier',
  'shortened',
  'extended',
  'reasons',
  'unchanged',
] as const;
export type ChangeKind = (typeof CHANGES)[number];

/** Changes that move an instant, so that one can say by how much. */
export const MOVES = ['newly_deferred', 'later', 'earlier', 'shortened', 'extended'] as const;
export type MoveKind = (typeof MOVES)[number];

export interface Change {
  readonly kind: ChangeKind;
  /** How far the instant moved (ms, > 0); null where none did, or where it moved to or from never. */
  readonly byMs: number | null;
}

export function positionOf(evaluation: Evaluation): Position {
  const { verdict, reasons, results } = evaluation;
  const result = verdict.kind === 'allow' ? endingResult(results, verdict.until) : leadingResult(evaluation);
  return {
    verdict,
    reason: verdict.kind === 'allow' ? null : (result?.reason ?? null),
    reasons,
    rule: result === null ? null : { pack: result.pack, id: result.rule },
  };
}

function endingResult(results: readonly RuleResult[], until: EpochMs | null): RuleResult | null {
  if (until === null) return null;
  return results.find((result) => result.until === until) ?? null;
}

/** @param at the instant that both were asked about */
export function changeOf(before: Position, after: Position, at: EpochMs): Change {
  const [from, to] = [before.verdict, after.verdict];
  if (from.kind === 'deny') {
    return to.kind === 'deny' ? sameInstant(before, after) : { kind: 'newly_allowed', byMs: null };
  }
  if (to.kind === 'deny') return { kind: 'newly_denied', byMs: null };
  if (from.kind === 'allow' && to.kind === 'allow') {
    if (from.until === to.until) return sameInstant(before, after);
    const kind = (to.until ?? Infinity) < (from.until ?? Infinity) ? 'shortened' : 'extended';
    return { kind, byMs: from.until === null || to.until === null ? null : Math.abs(to.until - from.until) };
  }
  const first = from.kind === 'allow' ? at : from.until;
  const then = to.kind === 'allow' ? at : to.until;
  if (first === then) return sameInstant(before, after);
  const kind = then < first ? 'earlier' : from.kind === 'allow' ? 'newly_deferred' : 'later';
  return { kind, byMs: Math.abs(then - first) };
}

function sameInstant(before: Position, after: Position): Change {
  const same =
    before.reasons.length === after.reasons.length &&
    before.reasons.every((reason, i) => reason === after.reasons[i]);
  return { kind: same ? 'unchanged' : 'reasons', byMs: null };
}

/** The rule that a change is put down to: the new one that stands against the call, or the old one that no longer does. */
export function causeOf(change: Change, before: Position, after: Position): 'before' | 'after' {
  switch (change.kind) {
    case 'newly_allowed':
    case 'earlier':
    case 'extended':
      return 'before';
    case 'shortened':
    case 'newly_denied':
    case 'newly_deferred':
    case 'later':
      return 'after';
    case 'reasons':
    case 'unchanged':
      return after.rule === null && before.rule !== null ? 'before' : 'after';
  }
}
