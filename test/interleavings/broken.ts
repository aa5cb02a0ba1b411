import type { Guard } from '../../model/guards.ts';
import type { TurnsOptions } from './turns.ts';

/** The code with one guard taken away, by the statement that it stands in; named as in the model. */
export interface Broken extends Pick<TurnsOptions, 'rewrite' | 'feelsTime'> {
  readonly guard: Guard;
  /** What a violation that shows it begins with. */
  /** Texts of statements that were not met as yet: one that never is has been rewritten, and nothing is shown. */
  readonly missed?: ReadonlySet<string>;
  readonly breaks: readonly ('I3' | 'I5' | 'I10' | 'dial')[];
}

function without(
  guard: Guard,
  breaks: Broken['breaks'][number],
  ...changes: [from: string, to: string][]
): Broken {
  const missed = new Set(changes.map(([from]) => from));
  return {
    guard,
    breaks: [breaks],
    missed,
    rewrite: (sql) =>
      changes.reduce((text, [from, to]) => {
        if (!text.includes(from)) return text;
        missed.delete(from);
        return text.replaceAll(from, to);
      }, sql),
  };
}

export const BROKEN: readonly Broken[] = [
  without('claim.stop_lock', 'I3', [
    ', pg_advisory_xact_lock(hashtextextended($1, 0))',
    ', hashtextextended($1, 0)',
  ]),
  without('claim.person_lock', 'I5', ['FOR NO KEY UPDATE OF persons', '']),
  without(
    'claim.reserves',
    'I5',
    [
      `AND a.state IN ('claimed', 'sending', 'sent', 'unknown')\n         LIMIT 1`,
      `AND a.state IN ('sent')\n         LIMIT 1`,
    ],
    [`AND a.state IN ('claimed', 'sending', 'sent', 'ended', 'unknown')`, `AND a.state IN ('sent', 'ended')`],
  ),
  without(
    'claim.asks',
    'I3',
    [`(t.dialling_stopped_at IS NOT NULL)`, 'false'],
    [`(car.paused_real IS NOT NULL)`, 'false'],
  ),
  without('send.state', 'I3', [
    `AND fence = $3 AND state = 'claimed' AND lease_until_real > clock_timestamp()\n       AND claimed_at <= $4\n     RETURNING 1 AS one`,
    `AND $3::int > 0\n     RETURNING 1 AS one`,
  ]),
  { guard: 'send.stale', breaks: ['I3'], feelsTime: false },
  without('stop.revokes', 'I3', [
    `reported_real IS NULL AND state = 'claimed' RETURNING id`,
    'false RETURNING id',
  ]),
  without('stop.waits', 'I3', [
    `count(*) FILTER (WHERE a.state = 'sending' AND a.lease_until_real > clock_timestamp()) AS sending`,
    '0::bigint AS sending',
  ]),
  without('stop.marks', 'I3', [
    `AND reported_real IS NULL AND state IN ('sending', 'sent', 'unknown')\n       AND id IS DISTINCT FROM`,
    `AND false AND id IS DISTINCT FROM`,
  ]),
  without('expire.finds', 'I10', [
    `(state IN ('claimed', 'sending') AND lease_until_real < clock_timestamp())`,
    'false',
  ]),
  without('reconcile.asks', 'I10', [`reported_real IS NULL AND state = 'unknown'`, 'false']),
  without('reconcile.waits', 'I5', [
    `coalesce(sending_real, claimed_real) < clock_timestamp() - make_interval(secs => $3) AS believable`,
    `$3::float > 0 AS believable`,
  ]),
];
