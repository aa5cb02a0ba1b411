/**
 * A small explicit-state checker: every state that can be reached, breadth first, so that what it finds wrong comes with
 * a shortest way there. It knows nothing of what the states mean.
 */
export interface Model<S> {
  readonly initial: S;
  /** What may happen next: what it is called, and where it leads. Leading nowhere new is left out by the model. */
  next(state: S): Iterable<readonly [label: string, state: S]>;
  /** States with the same key are the same, also where their processes have changed places. */
  keyOf(state: S): string;
  /** The law that a state breaks, or null. */
  broken(state: S): string | null;
  /** The law that is broken where nothing can happen any more, or null. */
  brokenAtEnd(state: S): string | null;
}

export interface Found {
  readonly law: string;
  /** The steps from the beginning to where the law is broken. */
  readonly trace: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The longest of the shortest ways to a state. */
  readonly depth: number;
  /** States in which nothing can happen any more. */
  readonly ends: number;
  readonly labels: ReadonlySet<string>;
  readonly found: Found | null;
}

/**
 * From wherever one is, an end can be reached. In a finite model that is the same as: every run in which nothing that can
 * happen again and again is put off for ever (strong fairness) comes to an end.
 */
export const ENDS = 'I10 nothing stuck: it goes round for ever';

/**
 * Explore all of it, or up to the first law that is broken.
 * @param limit states, past which the model is taken for one that was not meant to be this large.
 */
export function explore<S>(model: Model<S>, limit = 5_000_000): Exploration {
  const indexOf = new Map<string, number>([[model.keyOf(model.initial), 0]]);
  const frontier: (S | undefined)[] = [model.initial];
  const cameFrom: number[] = [-1];
  const cameBy: string[] = [''];
  const depthOf: number[] = [0];
  /** Edges as pairs (from, to). */
  const edges: number[] = [];
  const labels = new Set<string>();
  const ends: number[] = [];
  let found: Found | null = null;

  const traceTo = (index: number): string[] => {
    const trace: string[] = [];
    for (let at = index; cameFrom[at]! >= 0; at = cameFrom[at]!) trace.unshift(cameBy[at]!);
    return trace;
  };
  const judge = (law: string | null, index: number): boolean => {
    if (law !== null) found = { law, trace: traceTo(index) };
    return law !== null;
  };

  judge(model.broken(model.initial), 0);
  for (let at = 0; at < indexOf.size && found === null; at += 1) {
    const state = frontier[at]!;
    // Let go of it: past here only its number is needed.
    frontier[at] = undefined;
    let goesOn = false;
    for (const [label, after] of model.next(state)) {
      goesOn = true;
      labels.add(label);
      const key = model.keyOf(after);
      let index = indexOf.get(key);
      if (index === undefined) {
        index = indexOf.size;
        if (index >= limit) throw new Error(`the model has more than ${limit} states`);
        indexOf.set(key, index);
        frontier[index] = after;
        cameFrom[index] = at;
        cameBy[index] = label;
        depthOf[index] = depthOf[at]! + 1;
        if (judge(model.broken(after), index)) break;
      }
      edges.push(at, index);
    }
    if (goesOn) continue;
    ends.push(at);
    if (judge(model.brokenAtEnd(state), at)) break;
  }
  if (found === null) {
    const away = awayFromEnds(indexOf.size, edges, ends);
    if (away !== null) judge(ENDS, away);
  }
  const depth = depthOf.reduce((deepest, each) => Math.max(deepest, each), 0);
  return { states: indexOf.size, transitions: edges.length / 2, depth, ends: ends.length, labels, found };
}

/** A state from which no end can be reached, or null: backwards from the ends, everything must be met. */
function awayFromEnds(states: number, edges: readonly number[], ends: readonly number[]): number | null {
  const first = new Int32Array(states + 1);
  for (let e = 1; e < edges.length; e += 2) first[edges[e]! + 1]! += 1;
  for (let s = 0; s < states; s += 1) first[s + 1]! += first[s]!;
  const sources = new Int32Array(edges.length / 2);
  const filled = first.slice();
  for (let e = 0; e < edges.length; e += 2) sources[filled[edges[e + 1]!]!++] = edges[e]!;
  const met = new Uint8Array(states);
  const open = [...ends];
  for (const end of ends) met[end] = 1;
  for (let s = open.pop(); s !== undefined; s = open.pop()) {
    for (let e = first[s]!; e < first[s + 1]!; e += 1) {
      const source = sources[e]!;
      if (met[source] === 1) continue;
      met[source] = 1;
      open.push(source);
    }
  }
  const away = met.indexOf(0);
  return away < 0 ? null : away;
}
