/** Expected answers after which an hour has forgotten all but 1/e, and those that are believed in beforehand at level 1. */
const MEMORY = 500;
const PRIOR = 50;

/**
 * How much more often people answer in an hour of the day (UTC) than the campaign's calls do in all: where the answer
 * rate is believed to go when it changes. No more than a belief: what is seen in the hour itself soon weighs more.
 */
export class HourPattern {
  private readonly seen = new Float64Array(24);
  private readonly expected = new Float64Array(24);

  add(hour: number, seen: number, expected: number): void {
    const keep = Math.exp(-expected / MEMORY);
    this.seen[hour] = this.seen[hour]! * keep + seen;
    this.expected[hour] = this.expected[hour]! * keep + expected;
  }

  levelOf(hour: number): number {
    return (this.seen[hour]! + PRIOR) / (this.expected[hour]! + PRIOR);
  }

  toJSON(): [seen: number, expected: number][] {
    return Array.from(this.seen, (seen, hour) => [seen, this.expected[hour]!]);
  }

  restore(hours: readonly (readonly [seen: number, expected: number])[]): void {
    hours.forEach(([seen, expected], hour) => {
      this.seen[hour] = seen;
      this.expected[hour] = expected;
    });
  }
}
