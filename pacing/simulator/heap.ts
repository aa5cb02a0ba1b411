/** Events by time: a binary heap over typed arrays, which grow as needed. Of equal times the one pushed first comes first. */
export class EventHeap {
  private times = new Float64Array(1024);
  private orders = new Float64Array(1024);
  private kinds = new Int32Array(1024);
  private whos = new Int32Array(1024);
  private size = 0;
  private pushed = 0;

  /** Time of the next event; Infinity if there is none. */
  get nextAt(): number {
    return this.size === 0 ? Infinity : this.times[0]!;
  }
  get nextKind(): number {
    return this.kinds[0]!;
  }
  get nextWho(): number {
    return this.whos[0]!;
  }

  push(at: number, kind: number, who: number): void {
    if (this.size === this.times.length) this.grow();
    const order = this.pushed++;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.isBefore(at, order, parent)) break;
      this.move(parent, i);
      i = parent;
    }
    this.put(i, at, order, kind, who);
  }

  /** Take away the next event. */
  pop(): void {
    const last = --this.size;
    if (last === 0) return;
    const [at, order] = [this.times[last]!, this.orders[last]!];
    const [kind, who] = [this.kinds[last]!, this.whos[last]!];
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      if (child + 1 < last && this.isBefore(this.times[child + 1]!, this.orders[child + 1]!, child))
        child += 1;
      if (this.isBefore(at, order, child)) break;
      this.move(child, i);
      i = child;
    }
    this.put(i, at, order, kind, who);
  }

  private isBefore(at: number, order: number, than: number): boolean {
    const other = this.times[than]!;
    return at < other || (at === other && order < this.orders[than]!);
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from]!, this.orders[from]!, this.kinds[from]!, this.whos[from]!);
  }

  private put(i: number, at: number, order: number, kind: number, who: number): void {
    this.times[i] = at;
    this.orders[i] = order;
    this.kinds[i] = kind;
    this.whos[i] = who;
  }

  private grow(): void {
    const double = <T extends Float64Array | Int32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    const length = 2 * this.times.length;
    this.times = double(this.times, new Float64Array(length));
    this.orders = double(this.orders, new Float64Array(length));
    this.kinds = double(this.kinds, new Int32Array(length));
    this.whos = double(this.whos, new Int32Array(length));
  }
}
