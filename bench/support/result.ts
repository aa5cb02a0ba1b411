import { median, spread } from './stats.ts';

/** One number that a benchmark found, with what it is held against. */
export interface Measure {
  /** What was measured. @example 'engine ÷ bare' */
  readonly name: string;
  readonly unit: string;
  /** One value a run, in order. */
  readonly runs: readonly number[];
  /** Null: reported, and not held to anything. */
  readonly target: { readonly kind: 'at_least' | 'at_most' | 'below'; readonly value: number } | null;
}

export interface BenchResult {
  /** @example 'lifecycle' */
  readonly name: string;
  /** In words: what was compared with what. */
  readonly compared: string;
  /** Sizes, servers, settings: what it was measured on. */
  readonly on: string;
  readonly measures: readonly Measure[];
  /** Further findings, a line each. */
  readonly notes: readonly string[];
}

/** Where a benchmark says how far it is. */
export type Report = (line: string) => void;

export function measure(
  name: string,
  unit: string,
  runs: readonly number[],
  target: Measure['target'] = null,
): Measure {
  return { name, unit, runs, target };
}

export const atLeast = (value: number) => ({ kind: 'at_least', value }) as const;
export const atMost = (value: number) => ({ kind: 'at_most', value }) as const;
export const below = (value: number) => ({ kind: 'below', value }) as const;

const SIGNS = { at_least: '≥', at_most: '≤', below: '<' } as const;

/** Two digits after the point below ten, one below a hundred, none from there. */
export function shown(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return Number(value.toFixed(digits)).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** Whether the median keeps to the target, and by how much, in per cent of it. @example 'met by 12 %' */
export function verdictOf({ runs, target }: Measure): string {
  if (target === null) return '–';
  const value = median(runs);
  const isMet =
    target.kind === 'at_least'
      ? value >= target.value
      : target.kind === 'at_most'
        ? value <= target.value
        : value < target.value;
  const by = target.value === 0 ? Infinity : Math.abs(value - target.value) / Math.abs(target.value);
  return `${isMet ? 'met' : 'MISSED'}${Number.isFinite(by) ? ` by ${Math.round(by * 100)} %` : ''}`;
}

/** The columns of one measure: name, median, spread, runs, target, verdict. */
export function columnsOf(m: Measure): readonly string[] {
  const [low, high] = spread(m.runs);
  return [
    m.name,
    `${shown(median(m.runs))} ${m.unit}`,
    m.runs.length === 1 ? '–' : `${shown(low)} … ${shown(high)}`,
    String(m.runs.length),
    m.target === null ? '–' : `${SIGNS[m.target.kind]} ${shown(m.target.value)}`,
    verdictOf(m),
  ];
}

/** A result for a terminal. */
export function textOf(result: BenchResult): string {
  const lines = result.measures.map((m) => {
    const [name, value, range, runs, target, verdict] = columnsOf(m);
    const many = runs === '1' ? '' : ` (${range}, ${runs} runs)`;
    return `  ${name}: ${value}${many}${target === '–' ? '' : `; target ${target}: ${verdict}`}`;
  });
  return [
    `${result.name}: ${result.compared}`,
    `  on ${result.on}`,
    ...lines,
    ...result.notes.map((note) => `  · ${note}`),
  ].join('\n');
}
