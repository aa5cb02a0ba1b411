import { activePolicySet } from '../../db/repositories/policies.ts';
import type { Tx } from '../../db/client.ts';
import type { KpiSums } from '../../domain/kpi.ts';
import type { EpochMs } from '../../domain/time.ts';

/** A cap on abandoned calls as the policies in force have it, with its own formula. */
export interface AbandonmentRule {
  readonly rule: string;
  readonly jurisdictions: readonly string[];
  readonly ratePercent: number;
  readonly denominator: 'live_answers' | 'answers' | 'calls';
  readonly scope: 'campaign' | 'tenant';
}

interface DocumentRule {
  readonly id: string;
  readonly type: string;
  readonly jurisdiction?: readonly string[];
  readonly params: Pick<AbandonmentRule, 'ratePercent' | 'denominator' | 'scope'>;
}

/** The caps in force at `at`, in the order of the packs; none where nothing is published. */
export async function abandonmentRules(tx: Tx, at: EpochMs): Promise<AbandonmentRule[]> {
  const set = await activePolicySet(tx, at);
  return (set?.documents ?? [])
    .filter(({ kind }) => kind === 'pack')
    .flatMap(({ body }) => (JSON.parse(body) as { rules: DocumentRule[] }).rules)
    .filter(({ type }) => type === 'abandonment_cap')
    .map(({ id, jurisdiction, params: { ratePercent, denominator, scope } }) => ({
      rule: id,
      jurisdictions: jurisdiction ?? [],
      ratePercent,
      denominator,
      scope,
    }));
}

/** What a cap is a share of, of these counts. */
export function denominatorOf({ denominator }: Pick<AbandonmentRule, 'denominator'>, sums: KpiSums): number {
  return { live_answers: sums.liveAnswers, answers: sums.answers, calls: sums.attempts }[denominator];
}
