import type { Verdict } from '../../domain/decision.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Citation } from '../../policies/index.ts';
import { CHANGES, type ChangeKind, causeOf, MOVES, type MoveKind, type Position } from './change.ts';
import { LengthTally, type StoredLengths } from './lengths.ts';
import { Samples } from './samples.ts';

/** A rule for people, as the set that it was found in has it. */
export interface NamedRule {
  readonly pack: string;
  /** Of the pack; null for a guard of the engine itself. */
  readonly packVersion: number | null;
  readonly id: string;
  readonly label: string;
  readonly citation: Citation | null;
}

/** One side of a change for people. */
export interface Side {
  readonly verdict: Verdict['kind'];
  readonly until: EpochMs | null;
  readonly reasons: readonly string[];
  /** The rule that decides; null: none does. */
  readonly rule: NamedRule | null;
}

/** One subject of a preview: a contact, a promise, or a decision of the past. */
export interface Compared<K extends string = ChangeKind> {
  /** Of the contact, the promised callback or the decision. */
  readonly id: string;
  readonly contactId: string;
  readonly personId: string;
  readonly campaignId: string;
  /** Candidate jurisdictions. @example 'US-NY US' */
  readonly jurisdiction: string;
  /** The instant asked about. */
  readonly at: EpochMs;
  readonly before: Position;
  readonly after: Position;
  readonly change: { readonly kind: K; readonly byMs: number | null };
}

/** What is kept of a subject that is shown. */
export interface Example<K extends string = ChangeKind> {
  readonly id: string;
  readonly contactId: string;
  readonly personId: string;
  readonly campaignId: string;
  readonly at: EpochMs;
  readonly change: K;
  readonly byMs: number | null;
  readonly before: Side;
  readonly after: Side;
}

/** Names the rule of a position, on the side of the set in force or of the draft. */
export type NameRule = (side: 'before' | 'after', compared: Compared<string>) => NamedRule | null;

/** How many changed from which verdict and reason to which, and the rule that this is put down to. */
export interface Passage {
  readonly change: ChangeKind;
  readonly before: { readonly verdict: Verdict['kind']; readonly reason: string | null };
  readonly after: { readonly verdict: Verdict['kind']; readonly reason: string | null };
  readonly rule: NamedRule | null;
  readonly count: number;
}

export type ChangeCounts = Readonly<Record<ChangeKind, number>>;

const SAMPLES_EACH = 10;

/**
 * What was compared, added up. Any parts of the same subjects, tallied apart in any order and merged, come to the same
 * tally; it can be stored between two of them. Its size depends on how many different rules, reasons, campaigns and
 * places there are, not on how many people.
 */
export class PreviewTally {
  readonly #changes = noChanges();
  readonly #campaigns = new Map<string, Record<ChangeKind, number>>();
  readonly #jurisdictions = new Map<string, Record<ChangeKind, number>>();
  readonly #passages = new Map<string, { readonly of: Omit<Passage, 'count'>; count: number }>();
  readonly #moves = new Map<MoveKind, LengthTally>(MOVES.map((kind) => [kind, new LengthTally()]));
  readonly #samples = new Map<ChangeKind, Samples<Example>>(
    CHANGES.filter((kind) => kind !== 'unchanged').map((kind) => [kind, new Samples(SAMPLES_EACH)]),
  );

  add(compared: Compared, nameRule: NameRule): void {
    const { change } = compared;
    this.#count(change.kind, compared, 1);
    this.#addPassage(compared, nameRule);
    if (change.byMs !== null) this.#moves.get(change.kind as MoveKind)!.add(change.byMs);
    this.#samples.get(change.kind)?.offer(compared.id, () => exampleOf(compared, nameRule));
  }

  /** Subjects of whom it is known, without asking, that nothing changes for them. */
  addUnchanged(of: { readonly campaignId: string; readonly jurisdiction: string }, count = 1): void {
    this.#count('unchanged', of, count);
  }

  #count(
    kind: ChangeKind,
    of: { readonly campaignId: string; readonly jurisdiction: string },
    count: number,
  ): void {
    this.#changes[kind] += count;
    countsOf(this.#campaigns, of.campaignId)[kind] += count;
    countsOf(this.#jurisdictions, of.jurisdiction)[kind] += count;
  }

  #addPassage(compared: Compared, nameRule: NameRule): void {
    const { change, before, after } = compared;
    if (change.kind === 'unchanged') return;
    const side = causeOf(change, before, after);
    const ref = (side === 'before' ? before : after).rule;
    const ends = [before, after].map(({ verdict, reason }) => ({ verdict: verdict.kind, reason }));
    const key = JSON.stringify([change.kind, ...ends, side, ref?.pack, ref?.id]);
    const known = this.#passages.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const of = { change: change.kind, before: ends[0]!, after: ends[1]!, rule: nameRule(side, compared) };
    this.#passages.set(key, { of, count: 1 });
  }

  merge(other: PreviewTally): void {
    for (const kind of CHANGES) this.#changes[kind] += other.#changes[kind];
    mergeCounts(this.#campaigns, other.#campaigns);
    mergeCounts(this.#jurisdictions, other.#jurisdictions);
    for (const [key, { of, count }] of other.#passages) {
      const known = this.#passages.get(key);
      if (known === undefined) this.#passages.set(key, { of, count });
      else known.count += count;
    }
    for (const [kind, lengths] of other.#moves) this.#moves.get(kind)!.merge(lengths);
    for (const [kind, samples] of other.#samples) this.#samples.get(kind)!.merge(samples.items);
  }

  get total(): number {
    return CHANGES.reduce((sum, kind) => sum + this.#changes[kind], 0);
  }

  get changes(): ChangeCounts {
    return { ...this.#changes };
  }

  /** Most subjects first. */
  get passages(): readonly Passage[] {
    return [...this.#passages]
      .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
      .map(([, { of, count }]) => ({ ...of, count }));
  }

  get byCampaign(): readonly { readonly campaignId: string; readonly changes: ChangeCounts }[] {
    return sortedCounts(this.#campaigns).map(([campaignId, changes]) => ({ campaignId, changes }));
  }

  get byJurisdiction(): readonly { readonly jurisdiction: string; readonly changes: ChangeCounts }[] {
    return sortedCounts(this.#jurisdictions).map(([jurisdiction, changes]) => ({ jurisdiction, changes }));
  }

  moves(kind: MoveKind): LengthTally {
    return this.#moves.get(kind)!;
  }

  samples(kind: ChangeKind): readonly Example[] {
    return this.#samples.get(kind)?.items ?? [];
  }

  toJSON(): StoredTally {
    return {
      changes: { ...this.#changes },
      campaigns: sortedCounts(this.#campaigns),
      jurisdictions: sortedCounts(this.#jurisdictions),
      passages: [...this.#passages]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { of, count }]) => [key, { ...of, count }]),
      moves: MOVES.map((kind) => [kind, this.#moves.get(kind)!.toJSON()]),
      samples: [...this.#samples].map(([kind, samples]) => [kind, samples.items]),
    };
  }

  static from(stored: StoredTally): PreviewTally {
    const tally = new PreviewTally();
    Object.assign(tally.#changes, stored.changes);
    for (const [id, counts] of stored.campaigns) tally.#campaigns.set(id, { ...counts });
    for (const [name, counts] of stored.jurisdictions) tally.#jurisdictions.set(name, { ...counts });
    for (const [key, { count, ...of }] of stored.passages) tally.#passages.set(key, { of, count });
    for (const [kind, lengths] of stored.moves) tally.#moves.set(kind, LengthTally.from(lengths));
    for (const [kind, items] of stored.samples) tally.#samples.get(kind)?.merge(items);
    return tally;
  }
}

/** As JSON between two parts of the work. */
export interface StoredTally {
  readonly changes: ChangeCounts;
  readonly campaigns: readonly (readonly [string, ChangeCounts])[];
  readonly jurisdictions: readonly (readonly [string, ChangeCounts])[];
  readonly passages: readonly (readonly [string, Passage])[];
  readonly moves: readonly (readonly [MoveKind, StoredLengths])[];
  readonly samples: readonly (readonly [ChangeKind, readonly Example[]])[];
}

export function exampleOf<K extends string>(compared: Compared<K>, nameRule: NameRule): Example<K> {
  const { id, contactId, personId, campaignId, at, change } = compared;
  const side = (of: 'before' | 'after'): Side => {
    const { verdict, reasons } = compared[of];
    const until = verdict.kind === 'deny' ? null : verdict.until;
    return { verdict: verdict.kind, until, reasons, rule: nameRule(of, compared) };
  };
  return {
    id,
    contactId,
    personId,
    campaignId,
    at,
    change: change.kind,
    byMs: change.byMs,
    before: side('before'),
    after: side('after'),
  };
}

function noChanges(): Record<ChangeKind, number> {
  return Object.fromEntries(CHANGES.map((kind) => [kind, 0])) as Record<ChangeKind, number>;
}

function countsOf(of: Map<string, Record<ChangeKind, number>>, key: string): Record<ChangeKind, number> {
  let counts = of.get(key);
  if (counts === undefined) {
    counts = noChanges();
    of.set(key, counts);
  }
  return counts;
}

function mergeCounts(
  into: Map<string, Record<ChangeKind, number>>,
  from: ReadonlyMap<string, Record<ChangeKind, number>>,
): void {
  for (const [key, counts] of from) {
    const known = countsOf(into, key);
    for (const kind of CHANGES) known[kind] += counts[kind];
  }
}

function sortedCounts(of: ReadonlyMap<string, Record<ChangeKind, number>>): [string, ChangeCounts][] {
  return [...of]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, counts]): [string, ChangeCounts] => [key, { ...counts }]);
}
