import { tailOf } from './shortage.ts';

/**
 * How many agents will be taken at each node of a forecast: a sum of independent yes-or-no events, calls that will have
 * been answered and agents who will still be busy, by its first three moments.
 */
export class Need {
  private readonly mean: Float64Array;
  private readonly variance: Float64Array;
  private readonly third: Float64Array;

  constructor(nodes: number) {
    this.mean = new Float64Array(nodes);
    this.variance = new Float64Array(nodes);
    this.third = new Float64Array(nodes);
  }

  /** One more event, of which the chance at each node is that of this bin of age, so many times as high. */
  add(chances: readonly Float64Array[], bin: number, times = 1): void {
    for (let node = 0; node < this.mean.length; node++)
      this.addAt(node, Math.min(1, chances[node]![bin]! * times));
  }

  /** One more event, of which the chance is the same at each node. */
  addSteady(chance: number): void {
    for (let node = 0; node < this.mean.length; node++) this.addAt(node, chance);
  }

  private addAt(node: number, p: number): void {
    const variance = p * (1 - p);
    this.mean[node]! += p;
    this.variance[node]! += variance;
    this.third[node]! += variance * (1 - 2 * p);
  }

  /** The chance that one more finds none of `agents` left, over the nodes, which are equally likely. */
  shortage(agents: number): number {
    let sum = 0;
    for (let node = 0; node < this.mean.length; node++) {
      sum += tailOf(agents, this.mean[node]!, this.variance[node]!, this.third[node]!);
    }
    return sum / this.mean.length;
  }
}
