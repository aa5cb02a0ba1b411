import type { WaitingGroup, WaitingSample } from '../db/repositories/why.ts';
import type { EpochMs } from '../domain/time.ts';
import type { DryCause } from './dry-run.ts';
import type { CountedQuota } from './rules/quotas.ts';

/** What waiting contacts wait for, in kinds. */

export const WAIT_KINDS = [
  'campaign',
  'promised',
  'retry_delay',
  'rule',
  'held',
  'not_before',
  'window',
  'agents',
  'capacity',
] as const;
/**
 * What kind of thing a contact waits for, by the first that stands in its way. `campaign`: something holds up all of
 * them. Not due yet: `promised` a call at an instant, the `retry_delay` after its last attempt, a `rule` that deferred it,
 * `held` back by the gate for what is no rule, or `not_before` an instant that was given. Due: the calling `window` of its
 * place is closed, or it waits for an agent (`agents`) or a line (`capacity`).
 */
export type WaitKind = (typeof WAIT_KINDS)[number];

export interface WaitCause {
  readonly kind: WaitKind;
  /** Stable code: of the block, the reason it was put back with, or `capacity`. */
  readonly code: string;
  /** Rules that it rests on; of a reason that several rules give, those of the samples. */
  readonly rules: readonly NonNullable<DryCause['rule']>[];
  readonly count: number;
  /** The first instant at which it ends for one of them; null: when somebody acts, or as lines become free. */
  readonly nextAt: EpochMs | null;
  readonly samples: readonly WaitingSample[];
  /** Of those that quotas hold back: the quotas that let nobody through now. */
  readonly quotas: readonly CountedQuota[];
}

/** Contacts named for each cause. */
export const SAMPLES = 5;

export function sumOf(groups: readonly WaitingGroup[]): { count: number; nextAt: EpochMs } {
  return {
    count: groups.reduce((sum, group) => sum + group.count, 0),
    nextAt: Math.min(...groups.map((group) => group.nextReadyAt)),
  };
}

export function plain({ contactId, personId }: WaitingSample): WaitingSample {
  return { contactId, personId };
}
