import { z } from 'zod';

/**
 * How long something lasts, learned while it goes on: a life table. Time is cut into bins by age; a bin's hazard is what
 * ended in it divided by the time spent in it. Whatever is still under way has spent its time in the bins that it has
 * passed and in no other, so that calls that still ring bias nothing (the estimator of Nelson, Aalen and Johansen).
 */
export class LifeTable {
  /** Lower edges of the bins, seconds, first 0; the last bin has no end. */
  readonly edges: readonly number[];
  /** So many ends are believed in beforehand, at the rate of the table as a whole: a bin with little data is like all. */
  private readonly pseudoEnds: number;
  private readonly spent: Float64Array;
  private readonly ends: Float64Array;
  private totalSpent = 0;
  private totalEnds = 0;

  constructor(edges: readonly number[], pseudoEnds: number) {
    this.edges = edges;
    this.pseudoEnds = pseudoEnds;
    this.spent = new Float64Array(edges.length);
    this.ends = new Float64Array(edges.length);
  }

  /** Index of the bin that an age of `ageS` lies in. */
  binOf(ageS: number): number {
    let [low, high] = [0, this.edges.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.edges[middle]! <= ageS) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * Something was under way while its age went from `fromS` to `untilS`.
   * @returns the ends that the table expected in that time
   */
  underWay(fromS: number, untilS: number): number {
    let expected = 0;
    let bin = this.binOf(fromS);
    for (let at = fromS; at < untilS; bin++) {
      const end = bin + 1 < this.edges.length ? Math.min(untilS, this.edges[bin + 1]!) : untilS;
      expected += (end - at) * this.hazard(bin);
      this.spent[bin]! += end - at;
      this.totalSpent += end - at;
      at = end;
    }
    return expected;
  }

  /** It ended at that age. */
  end(ageS: number): void {
    this.ends[this.binOf(ageS)]! += 1;
    this.totalEnds += 1;
  }

  /** Ends a second in this bin. */
  hazard(bin: number): number {
    const overall = this.totalEnds / Math.max(1, this.totalSpent);
    if (overall === 0) return 0;
    return (this.ends[bin]! + this.pseudoEnds) / (this.spent[bin]! + this.pseudoEnds / overall);
  }

  /** Let what was seen weigh less: all counts times `by`. */
  forget(by: number): void {
    for (let bin = 0; bin < this.spent.length; bin++) {
      this.spent[bin]! *= by;
      this.ends[bin]! *= by;
    }
    this.totalSpent *= by;
    this.totalEnds *= by;
  }

  /** Whether there has never been anything that could have ended. */
  get isUntouched(): boolean {
    return this.totalSpent === 0 && this.totalEnds === 0;
  }

  /** Ends, those long ago weighing less. */
  get seen(): number {
    return this.totalEnds;
  }

  toJSON(): LifeTableJson {
    return { spent: Array.from(this.spent), ends: Array.from(this.ends) };
  }

  /** Take over what another table of the same edges had seen. */
  restore({ spent, ends }: LifeTableJson): void {
    this.spent.set(spent);
    this.ends.set(ends);
    this.totalSpent = this.spent.reduce((sum, each) => sum + each, 0);
    this.totalEnds = this.ends.reduce((sum, each) => sum + each, 0);
  }
}

/** For a table of so many bins. */
export const LifeTableJson = (bins: number) => {
  const counts = z.array(z.number().nonnegative()).length(bins);
  return z.strictObject({ spent: counts, ends: counts });
};
export type LifeTableJson = z.infer<ReturnType<typeof LifeTableJson>>;

/** Bins of `widthS` up to `untilS`. */
export function evenEdges(widthS: number, untilS: number): number[] {
  return Array.from({ length: Math.floor(untilS / widthS) + 1 }, (_, i) => i * widthS);
}

/** Bins that grow with age: `firstS` wide and each `growth` times as wide as the one before. */
export function growingEdges(firstS: number, growth: number, untilS: number): number[] {
  const edges = [0];
  for (let width = firstS; edges.at(-1)! < untilS; width *= growth) edges.push(edges.at(-1)! + width);
  return edges;
}
