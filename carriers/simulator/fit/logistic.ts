/** Logistic regression by Newton's method, and how well it tells converts from others. */

/** @param rows feature vectors without the constant; @returns coefficients, the constant first */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  outcomes: readonly boolean[],
): readonly number[] {
  const width = (rows[0]?.length ?? 0) + 1;
  let beta = new Array<number>(width).fill(0);
  for (let round = 0; round < 50; round += 1) {
    const gradient = new Array<number>(width).fill(0);
    const hessian = Array.from({ length: width }, () => new Array<number>(width).fill(0));
    rows.forEach((row, r) => {
      const x = [1, ...row];
      const p = predict(beta, row);
      for (let i = 0; i < width; i += 1) {
        gradient[i]! += x[i]! * ((outcomes[r] === true ? 1 : 0) - p);
        for (let j = 0; j < width; j += 1) hessian[i]![j]! += x[i]! * x[j]! * p * (1 - p);
      }
    });
    const step = solve(hessian, gradient);
    beta = beta.map((b, i) => b + step[i]!);
    if (Math.max(...step.map(Math.abs)) < 1e-10) break;
  }
  return beta;
}

export function predict(beta: readonly number[], row: readonly number[]): number {
  const logit = row.reduce((sum, x, i) => sum + beta[i + 1]! * x, beta[0]!);
  return 1 / (1 + Math.exp(-logit));
}

export interface Classification {
  /** Chance that a convert is ranked above another (0.5: no better than a coin). */
  readonly auc: number;
  /** Mean squared error of the probabilities, and that of always saying the mean. */
  readonly brier: number;
  readonly brierOfMean: number;
  /** For each tenth of the calls, by predicted chance: mean predicted and observed share. */
  readonly deciles: readonly { readonly predicted: number; readonly observed: number }[];
}

export function classify(predicted: readonly number[], outcomes: readonly boolean[]): Classification {
  const n = predicted.length;
  const order = predicted.map((p, i) => ({ p, y: outcomes[i] === true ? 1 : 0 })).sort((a, b) => a.p - b.p);
  const positives = order.reduce((sum, o) => sum + o.y, 0);
  const mean = positives / n;
  // Mann–Whitney with mid-ranks for ties.
  let rankSum = 0;
  for (let i = 0; i < n;) {
    let end = i;
    while (end < n && order[end]!.p === order[i]!.p) end += 1;
    for (let j = i; j < end; j += 1) rankSum += order[j]!.y * ((i + 1 + end) / 2);
    i = end;
  }
  const meanOf = (items: typeof order, f: (o: { p: number; y: number }) => number): number =>
    items.reduce((sum, o) => sum + f(o), 0) / items.length;
  return {
    auc: (rankSum - (positives * (positives + 1)) / 2) / (positives * (n - positives)),
    brier: meanOf(order, (o) => (o.p - o.y) ** 2),
    brierOfMean: mean * (1 - mean),
    deciles: Array.from({ length: 10 }, (_, d) => {
      const part = order.slice(Math.round((d * n) / 10), Math.round(((d + 1) * n) / 10));
      return { predicted: meanOf(part, (o) => o.p), observed: meanOf(part, (o) => o.y) };
    }),
  };
}

/** Gaussian elimination with partial pivoting; the matrices here are 2×2 and 3×3. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const a = matrix.map((row, i) => [...row, right[i]!]);
  const n = a.length;
  for (let i = 0; i < n; i += 1) {
    let pivot = i;
    for (let r = i + 1; r < n; r += 1) if (Math.abs(a[r]![i]!) > Math.abs(a[pivot]![i]!)) pivot = r;
    [a[i], a[pivot]] = [a[pivot]!, a[i]!];
    for (let r = i + 1; r < n; r += 1) {
      const factor = a[r]![i]! / a[i]![i]!;
      for (let c = i; c <= n; c += 1) a[r]![c]! -= factor * a[i]![c]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i -= 1) {
    const known = x.reduce((sum, value, c) => sum + (c > i ? a[i]![c]! * value : 0), 0);
    x[i] = (a[i]![n]! - known) / a[i]![i]!;
  }
  return x;
}
