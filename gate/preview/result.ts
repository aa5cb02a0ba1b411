import type { EpochMs } from '../../domain/time.ts';
import type { Estimate } from '../estimate.ts';
import { MOVES, CHANGES, type ChangeKind, type MoveKind } from './change.ts';
import type { LengthSummary } from './lengths.ts';
import type { ComparedPromise } from './promise-reading.ts';
import type { PromiseChangeKind } from './promises.ts';
import type { ChangeCounts, Example, Passage, PreviewTally } from './tally.ts';
import { LISTED_MAX, type PreviewPart, type PreviewWork } from './work.ts';

/** What a tally says, cut to what can be shown; the counts are of all. */
export interface TallyResult {
  readonly total: number;
  readonly changes: ChangeCounts;
  /** By how much instants moved, where any did. */
  readonly moves: Readonly<Partial<Record<MoveKind, LengthSummary>>>;
  /** From which verdict and reason to which, by which rule; most first. */
  readonly passages: readonly Passage[];
  readonly byCampaign: readonly { readonly campaignId: string; readonly changes: ChangeCounts }[];
  readonly byJurisdiction: readonly { readonly jurisdiction: string; readonly changes: ChangeCounts }[];
  readonly samples: readonly Example[];
}

export interface PreviewResult {
  readonly contacts: TallyResult;
  readonly promises: {
    readonly total: number;
    readonly changes: Readonly<Record<PromiseChangeKind, number>>;
    /** Of those that change. */
    readonly samples: readonly ComparedPromise[];
  };
  readonly past: {
    readonly from: EpochMs;
    readonly until: EpochMs;
    /** Calls that were made; `illegal` of them would have been denied or put off. */
    readonly calls: TallyResult & { readonly illegal: number };
    /** Calls that were denied; `allowed` of them might have been made at that instant. */
    readonly denials: TallyResult & { readonly allowed: number };
    /** Decisions that could not be asked about. */
    readonly skipped: { readonly olderFacts: number; readonly unknownSet: number };
  };
  /** How many of each list can be read line by line; `cut` where there may be more. */
  readonly lists: readonly {
    readonly part: PreviewPart;
    readonly change: string;
    readonly listed: number;
    readonly cut: boolean;
  }[];
}

/** What of a random sample of the open contacts, scaled to all; before the whole is known. */
export interface PreviewSample {
  readonly at: EpochMs;
  readonly total: number;
  readonly evaluated: number;
  /** All were asked. */
  readonly exact: boolean;
  /** The counts sum to `total`. */
  readonly changes: Readonly<Record<ChangeKind, Estimate>>;
  readonly moves: Readonly<Partial<Record<MoveKind, LengthSummary>>>;
  readonly passages: readonly Passage[];
  readonly samples: readonly Example[];
}

/** Rows shown of each grouping; beyond are those with the fewest changes, whose sum is in the totals. */
const GROUPS_MAX = 200;

export function tallyResult(tally: PreviewTally): TallyResult {
  const moved = ({ changes }: { readonly changes: ChangeCounts }) =>
    CHANGES.reduce((sum, kind) => (kind === 'unchanged' ? sum : sum + changes[kind]), 0);
  const mostFirst = <T extends { readonly changes: ChangeCounts }>(groups: readonly T[]): readonly T[] =>
    groups.toSorted((a, b) => moved(b) - moved(a)).slice(0, GROUPS_MAX);
  return {
    total: tally.total,
    changes: tally.changes,
    moves: movesOf(tally),
    passages: tally.passages.slice(0, GROUPS_MAX),
    byCampaign: mostFirst(tally.byCampaign),
    byJurisdiction: mostFirst(tally.byJurisdiction),
    samples: CHANGES.flatMap((kind) => tally.samples(kind)),
  };
}

export function movesOf(tally: PreviewTally): TallyResult['moves'] {
  return Object.fromEntries(
    MOVES.flatMap((kind) => {
      const summary = tally.moves(kind).summary();
      return summary === null ? [] : [[kind, summary]];
    }),
  );
}

export function resultOf(work: PreviewWork, period: { from: EpochMs; until: EpochMs }): PreviewResult {
  const { contacts, promises, past, listed } = work;
  const { calls, denials } = past;
  return {
    contacts: tallyResult(contacts.tally),
    promises: {
      total: promises.done,
      changes: { ...promises.counts },
      samples: promises.samples.items,
    },
    past: {
      from: period.from,
      until: period.until,
      calls: {
        ...tallyResult(calls),
        illegal: calls.changes.newly_denied + calls.changes.newly_deferred,
      },
      denials: {
        ...tallyResult(denials),
        allowed: denials.passages.reduce(
          (sum, { after, count }) => (after.verdict === 'allow' ? sum + count : sum),
          0,
        ),
      },
      skipped: { ...past.skipped },
    },
    lists: Object.entries(listed)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([list, count]) => {
        const [part, change] = list.split('/') as [PreviewPart, string];
        return { part, change, listed: count, cut: count === LISTED_MAX };
      }),
  };
}
