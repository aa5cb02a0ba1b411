import type { DialFacts } from '../domain/facts.ts';
import { durationMs } from './durations.ts';
import type { EpochMs } from '../domain/time.ts';
import type { CompiledPolicySet } from './policy-set.ts';
import { abandonmentParams } from './rules/abandonment-cap.ts';

/** A rule in force that caps the share of abandoned calls. */
export interface AbandonmentCap {
  readonly pack: string;
  readonly rule: string;
  readonly ratePercent: number;
  readonly denominator: 'live_answers' | 'answers' | 'calls';
  readonly periodMs: number;
  readonly scope: 'campaign' | 'tenant';
  readonly connectWithinS: number;
}

/**
 * The caps that may bind calls of this purpose, channel, sector and mode somewhere, the strictest first: for whoever
 * decides before it is known whom a call is to.
 */
export function abandonmentCaps(
  set: Pick<CompiledPolicySet, 'rules'>,
  of: Pick<DialFacts, 'purpose' | 'channel' | 'sector' | 'mode'>,
  at: EpochMs,
): AbandonmentCap[] {
  return set.rules
    .flatMap(({ pack, rule, inForce }) => {
      const binds =
        rule.type === 'abandonment_cap' &&
        inForce.from <= at &&
        at < inForce.until &&
        (rule.purpose.length === 0 || rule.purpose.includes(of.purpose)) &&
        (rule.channel.length === 0 || rule.channel.includes(of.channel)) &&
        (rule.sector.length === 0 || (of.sector !== null && rule.sector.includes(of.sector)));
      if (!binds) return [];
      const params = abandonmentParams.parse(rule.params);
      if (!params.modes.includes(of.mode)) return [];
      const { ratePercent, denominator, scope, connectWithinS } = params;
      const periodMs = durationMs(params.period);
      return [{ pack, rule: rule.id, ratePercent, denominator, periodMs, scope, connectWithinS }];
    })
    .sort((a, b) => a.ratePercent - b.ratePercent || a.periodMs - b.periodMs || (a.rule < b.rule ? -1 : 1));
}
