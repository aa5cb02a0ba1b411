/** Numbers drawn from a seed (mulberry32), so that an interleaving can be had again. */
export interface Draws {
  /** 0 ≤ x < 1. */
  next(): number;
  /** Whether something of this probability happens. */
  chance(p: number): boolean;
  /** 0 … n − 1. */
  below(n: number): number;
  pick<T>(of: readonly T[]): T;
}

export function drawsFrom(seed: number): Draws {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { next, chance: (p) => next() < p, below, pick: (of) => of[below(of.length)]! };
}
