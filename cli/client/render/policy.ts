import { pairs, plain, table } from '../text.ts';

/** Drafts, checks and published sets for people. */

export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly note: string | null;
  readonly status: string;
  readonly next: string;
  readonly revision: number;
  readonly baseHash: string;
  readonly candidateHash: string | null;
  readonly authors: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Check {
  readonly passed: boolean;
  readonly faults: readonly { readonly field: string; readonly fault: string; readonly expected: string }[];
  readonly warnings: readonly string[];
  readonly cases: { readonly run: number; readonly failed: number };
  readonly touchesLaw: boolean;
}

export interface Publication {
  readonly id: number;
  readonly hash: string;
  readonly status: string;
  readonly effectiveAt: string;
}

const short = (hash: string | null) => (hash === null ? '–' : hash.slice(0, 12));

export function draftLine(draft: Draft): string {
  return `${plain(draft.title)} (${draft.id}) is ${draft.status}, revision ${draft.revision}; next: ${draft.next}`;
}

export function checkText(check: Check): string {
  const { run, failed } = check.cases;
  return [
    check.passed ? 'the check passed' : `the check found ${check.faults.length} faults`,
    ...check.faults.map(
      ({ field, fault, expected }) => `  ${plain(field)} ${plain(fault)}\n    expected ${plain(expected)}`,
    ),
    `${run} cases were run, ${failed} failed`,
    ...(check.touchesLaw
      ? ['it changes packs of the law: whoever approves and publishes it needs policies.law']
      : []),
    ...check.warnings.map((warning) => `note: ${plain(warning)}`),
  ].join('\n');
}

export function draftSheet(
  draft: Draft & {
    readonly check: Check | null;
    readonly previewId: string | null;
    readonly difference: readonly string[];
    readonly reviews: readonly {
      readonly revision: number;
      readonly verdict: string;
      readonly by: string;
      readonly at: string;
      readonly note: string | null;
    }[];
  },
): string {
  const reviews = draft.reviews.map(({ revision, verdict, by, at, note }) => [
    revision,
    verdict,
    by,
    at,
    note ?? '',
  ]);
  return [
    pairs([
      ['id', draft.id],
      ['title', draft.title],
      ['note', draft.note],
      ['status', draft.status],
      ['next', draft.next],
      ['revision', draft.revision],
      ['authors', draft.authors.join(', ')],
      ['base', short(draft.baseHash)],
      ['candidate', short(draft.candidateHash)],
      ['preview', draft.previewId],
      ['created', draft.createdAt],
      ['updated', draft.updatedAt],
    ]),
    differenceText(draft.difference),
    ...(draft.check === null ? [] : [checkText(draft.check)]),
    ...(reviews.length === 0 ? [] : [table(['REVISION', 'REVIEW', 'BY', 'AT', 'NOTE'], reviews)]),
  ].join('\n\n');
}

export function differenceText(lines: readonly string[]): string {
  return lines.length === 0 ? 'nothing is different' : lines.map(plain).join('\n');
}

export function publicationLine(publication: Publication): string {
  const { id, hash, status, effectiveAt } = publication;
  switch (status) {
    case 'scheduled':
      return `publication ${id} of ${short(hash)} takes effect at ${effectiveAt}`;
    case 'cancelled':
      return `publication ${id} of ${short(hash)} is called off`;
    default:
      return `publication ${id}: ${short(hash)} is in force since ${effectiveAt}`;
  }
}
