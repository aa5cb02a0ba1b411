/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/**
 * A small fast generator (sfc32, Chris Doty-Humphrey's PractRand; public domain), seeded by a text: for simulations, where
 * a run must repeat, and never for secrets.
 */
export function randomOf(seed: string): Random {
  let [a, b, c] = [0x9e3779b9, 0x243f6a88, 0xb7e15162];
  for (let i = 0; i < seed.length; i++) {
    a = Math.imul(a ^ seed.charCodeAt(i), 0x85ebca6b);
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35);
    c = (c + a + i) | 0;
  }
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  // What is seeded alike differs only after some rounds.
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** The entry whose share of the whole `u` falls in; shares need not sum to 1. */
export function pickBy<K extends string>(u: number, shares: Readonly<Partial<Record<K, number>>>): K {
  const entries = Object.entries(shares) as [K, number][];
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  let left = u * total;
  for (const [name, share] of entries) {
    left -= share;
    if (left < 0) return name;
  }
  return entries[entries.length - 1]![0];
}
