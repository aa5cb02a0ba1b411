/** The words of publishing: what a draft says, and how far it has come. */

/** One document put into, or taken out of, the set that a draft starts from. */
export type PolicyChange =
  | {
      readonly action: 'put';
      readonly kind: 'pack' | 'calendar';
      readonly id: string;
      readonly document: unknown;
    }
  | { readonly action: 'remove'; readonly kind: 'pack' | 'calendar'; readonly id: string };

/** A rule of the law that a draft may make looser (I9), because the law itself has changed. */
export interface AcceptedLoosening {
  /** Id of the rule, or of the calendar. */
  readonly rule: string;
  readonly reason: string;
}

/** As people see it: `previewed` is a checked draft with a finished preview of exactly what was checked. */
export const DRAFT_STATUSES = [
  'draft',
  'checked',
  'previewed',
  'approved',
  'published',
  'withdrawn',
] as const;
export type DraftStatus = (typeof DRAFT_STATUSES)[number];
