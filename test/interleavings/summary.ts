import { STEPS } from '../../domain/steps.ts';
import { STOP_KINDS } from './cast.ts';
import type { Played } from './play.ts';

export interface Summary {
  readonly played: number;
  readonly violated: number;
  readonly residual: number;
  add(played: Played): void;
  /** Steps that some actor reached. */
  steps(): ReadonlySet<string>;
  lines(seed: number): string[];
}

/** What many interleavings came to. */
export function createSummary(): Summary {
  const began = performance.now();
  const counts = new Map<string, number>();
  const pairs = new Map<string, number>();
  let played = 0;
  let violated = 0;
  let residual = 0;
  const reached = () => new Set(STEPS.filter((step) => counts.has(step)));
  return {
    get played() {
      return played;
    },
    get violated() {
      return violated;
    },
    get residual() {
      return residual;
    },
    add: (one) => {
      played += 1;
      if (one.violations.length > 0) violated += 1;
      residual += one.residual;
      for (const [kind, n] of one.counts) counts.set(kind, (counts.get(kind) ?? 0) + n);
      for (const pair of one.pairs) pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    },
    steps: reached,
    lines: (seed) => {
      const seconds = (performance.now() - began) / 1_000;
      const places = [
        ...new Set([...pairs.keys()].map((pair) => pair.slice(pair.indexOf(' at ') + 4))),
      ].sort();
      return [
        `${played} interleavings of the seeds ${seed} to ${seed + played - 1} in ${seconds.toFixed(0)} s ` +
          `(${((seconds / played) * 1_000).toFixed(0)} ms each): ${violated} with a violation; ` +
          `${residual} requests or rings that the residual risk accounts for`,
        `steps reached: ${reached().size} of ${STEPS.length}; not: ${STEPS.filter((step) => !counts.has(step)).join(', ')}`,
        'what happened, by kind:',
        ...[...counts].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `  ${n} ${kind}`),
        'a stop committed while somebody stood at a step (columns: the stops):',
        `  ${STOP_KINDS.join(' | ')}`,
        ...places.map(
          (place) =>
            `  ${STOP_KINDS.map((kind) => pairs.get(`${kind} at ${place}`) ?? 0).join(' | ')}  ${place}`,
        ),
      ];
    },
  };
}
