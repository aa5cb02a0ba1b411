/**
 * Rule types whose answer depends on the number's location and the instant alone, so that it is the same for a whole
 * cohort (schema/contacts.ts). A deferral by these closes the cohort; a person's own consent that widens them does not
 * reopen it for that person alone, which costs a call and never makes one.
 */
export const COHORT_RULE_TYPES: ReadonlySet<string> = new Set(['calling_window', 'calendar_block']);
