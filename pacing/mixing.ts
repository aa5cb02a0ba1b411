/**
 * Lists mixed by weights: start-time fair queueing (Goyal, Vin, Cheng 1996). Over any stretch in which lists have somebody
 * due, each is given its weight's share of the admissions, to within one of each; a list that had nobody for a while comes
 * back as an equal and catches nothing up.
 */

export interface MixState {
  /** Virtual time: the start of what was served last. */
  readonly clock: number;
  /** List → when it is its turn again, in virtual time. */
  readonly turns: Readonly<Record<string, number>>;
}

export const NO_TURNS: MixState = { clock: 0, turns: {} };

export interface MixList {
  readonly name: string;
  readonly weight: number;
  /** Contacts that are due. */
  readonly due: number;
}

/** One of the list's contacts is admitted. */
export function served(state: MixState, name: string, weight: number): MixState {
  const start = startOf(state, name);
  return { clock: Math.max(state.clock, start), turns: { ...state.turns, [name]: start + 1 / weight } };
}

/** Whose turn it is, so many times; fewer where fewer are due. Lists of equal turn go as they are given. */
export function turnsOf(state: MixState, lists: readonly MixList[], count: number): string[] {
  const left = new Map(lists.map(({ name, due }) => [name, due]));
  const turns: string[] = [];
  let now = state;
  while (turns.length < count) {
    const waiting = lists.filter(({ name }) => left.get(name)! > 0);
    if (waiting.length === 0) break;
    const next = waiting.reduce((a, b) => (startOf(now, b.name) < startOf(now, a.name) ? b : a));
    turns.push(next.name);
    left.set(next.name, left.get(next.name)! - 1);
    now = served(now, next.name, next.weight);
  }
  return turns;
}

/**
 * How many contacts of each list are among the first `count`: rank by rank, the lowest first, in their turns within each.
 * @param lists.dueByRank contacts that are due, by rank
 */
export function firstTurns(
  state: MixState,
  lists: readonly (Omit<MixList, 'due'> & { readonly dueByRank: ReadonlyMap<number, number> })[],
  count: number,
): number[] {
  const first = lists.map(() => 0);
  let now = state;
  let left = count;
  const ranks = new Set(lists.flatMap(({ dueByRank }) => [...dueByRank.keys()]));
  for (const rank of [...ranks].sort((a, b) => a - b)) {
    const due = lists.map(({ name, weight, dueByRank }) => ({ name, weight, due: dueByRank.get(rank) ?? 0 }));
    for (const name of turnsOf(now, due, left)) {
      const turn = due.findIndex((one) => one.name === name);
      first[turn]! += 1;
      left -= 1;
      now = served(now, name, due[turn]!.weight);
    }
  }
  return first;
}

function startOf(state: MixState, name: string): number {
  return Math.max(state.clock, state.turns[name] ?? 0);
}
