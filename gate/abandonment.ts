import type { AbandonmentFact } from '../domain/facts.ts';
import { DAY_MS, toIso, type EpochMs } from '../domain/time.ts';
import type { Statements } from '../db/client.ts';
import type { AbandonmentCap } from '../policies/index.ts';
import { abandonmentFigures } from './fact-sql.ts';

/** How calls without an agent are limited where no rule in force says so: what the rules that do agree on. */
export const USUAL_CAP: Omit<AbandonmentCap, 'pack' | 'rule'> = {
  ratePercent: 3,
  denominator: 'live_answers',
  periodMs: DAY_MS,
  scope: 'campaign',
  connectWithinS: 2,
};

const FIGURES = `SELECT (${abandonmentFigures('$2::uuid', '$3::timestamptz')}) AS figures`;

/** The figures of a campaign whose calls agents take, as decisions at `at` (engine clock) see them. */
export async function readAbandonment(
  tx: Statements,
  campaignId: string,
  at: EpochMs,
): Promise<readonly AbandonmentFact[]> {
  const rows = await tx.prepared<{ figures: AbandonmentFact[] | null }>('abandonment_figures', FIGURES, [
    tx.tenantId,
    campaignId,
    toIso(at),
  ]);
  return rows[0]?.figures ?? [];
}

/** What a cap counts: what was abandoned, of what. */
export interface CountedByCap {
  readonly abandoned: number;
  readonly denominator: number;
}

/** By the rule's own period, scope and denominator; null: there are no figures for so long, and the rule denies (I6). */
export function countedBy(
  cap: Pick<AbandonmentCap, 'scope' | 'periodMs' | 'denominator'>,
  figures: readonly AbandonmentFact[],
): CountedByCap | null {
  const [of] = figures
    .filter((one) => one.scope === cap.scope && one.to - one.from >= cap.periodMs)
    .toSorted((a, b) => b.from - a.from);
  if (of === undefined) return null;
  const denominator = { live_answers: of.liveAnswers, answers: of.answers, calls: of.calls }[cap.denominator];
  return { abandoned: of.abandoned, denominator };
}

/** Whether the share is above the cap; exact, as the rule counts it. */
export function isAbove(
  cap: Pick<AbandonmentCap, 'ratePercent'>,
  { abandoned, denominator }: CountedByCap,
): boolean {
  return abandoned * 100 > cap.ratePercent * denominator;
}
