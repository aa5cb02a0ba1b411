import type { DialFacts, SuppressionFact } from '../domain/facts.ts';
import { always } from './intervals.ts';
import type { Judgement } from './judgement.ts';

/** The tenant's own do-not-call list. */
export const INTERNAL_LIST = 'internal';

/**
 * True when an entry (勿扰) binds this call by its scope. An entry limited to a campaign or purpose that it
 * does not name binds every call, because what it was limited to is not known (I6).
 */
export function bindsCall(entry: SuppressionFact, facts: DialFacts): boolean {
  switch (entry.scope) {
    case 'national':
    case 'tenant':
      return true;
    case 'campaign':
      return entry.campaignId === null || entry.campaignId === facts.campaignId;
    case 'purpose':
      return entry.purpose === null || entry.purpose === facts.purpose;
  }
}

/** The answer, for nearly everybody, that no entry names them. */
export const noEntries: Judgement = {
  next: always,
  refusal() {
    throw new Error('Nothing is refused where no entry binds');
  },
  grounds() {
    return { inputs: { entries: [] } };
  },
};
