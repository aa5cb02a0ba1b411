/**
 * Near misses: what a promise (docs/invariants.md) withstood. Each was caught by what the promise is kept by, so none is
 * a violation; more of them than usual says that something else is not as it should be. Metrics, alerts and
 * docs/operations.md go by these names. I8 and I9 have none: what they refuse never comes as far as running.
 */
export const NEAR_MISSES = {
  /** The compare-and-set of a send that found something else than its permit. */
  permit_revoked: { invariant: 'I1', what: 'a stop had taken the permit back when it was to be used' },
  permit_lease_over: { invariant: 'I1', what: 'the permit had run out when it was to be used' },
  permit_gone: { invariant: 'I1', what: 'somebody else had the attempt when its permit was to be used' },
  call_unexpected: {
    invariant: 'I1',
    what: 'the carrier tells of a call whose attempt was never sent, was refused, or was given up',
  },
  event_of_unknown_attempt: { invariant: 'I1', what: 'the carrier tells of a call that is not on record' },
  orphan_found: { invariant: 'I1', what: 'the carrier lists a call that no attempt of ours accounts for' },
  place_call_repeated: { invariant: 'I2', what: 'placing a call was run again and found its attempt' },
  dial_duplicate: { invariant: 'I2', what: 'the carrier answered that it had the attempt already' },
  send_too_late: { invariant: 'I3', what: 'a process stood still before its request, and did not send it' },
  stop_waited: { invariant: 'I3', what: 'an acknowledgement waited for requests on their way' },
  stop_incomplete: { invariant: 'I3', what: 'a stop was acknowledged before all that rang was hung up' },
  sent_before_stop: { invariant: 'I3', what: 'the carrier took a call that a stop met on its way' },
  hangup_failed: { invariant: 'I3', what: 'the carrier could not be told to hang up' },
  window_closed: { invariant: 'I4', what: 'the calling hours ended between decision and send' },
  clock_went_back: {
    invariant: 'I4',
    what: 'it was earlier at the send than at the decision: the clock is wrong',
  },
  person_on_call: { invariant: 'I5', what: 'the person was being called already, and was left alone' },
  cap_reached: { invariant: 'I5', what: 'a cap was found reached at the gate, after the screening' },
  fact_missing: { invariant: 'I6', what: 'a call was denied because something is not on record' },
  fact_stale: { invariant: 'I6', what: 'a call was denied because a list or feed is too old' },
  place_unknown: { invariant: 'I6', what: 'a call was denied because zone or law of the place is unknown' },
  calendar_uncovered: { invariant: 'I6', what: 'a call was denied because a calendar does not reach so far' },
  decision_disagrees: { invariant: 'I7', what: 'a decision came out differently when it was explained' },
  decision_sealed_late: { invariant: 'I7', what: 'a decision was found behind what is sealed, and sealed' },
  lease_expired: { invariant: 'I10', what: 'a permit was not used in time and is given up' },
  send_lease_expired: { invariant: 'I10', what: 'a send was not recorded in time: only the carrier can say' },
  answer_lost: { invariant: 'I10', what: "the carrier's answer was lost: only the carrier can say" },
  quarantine_ended: { invariant: 'I10', what: 'the carrier never said whether it rang: it counts as rung' },
  end_not_told: { invariant: 'I10', what: 'a call had ended and no event told: found by asking' },
  end_never_known: { invariant: 'I10', what: 'the carrier forgot a call that it had: an end was made up' },
  event_after_end: { invariant: 'I10', what: "a carrier's event came after the end of its call" },
  admission_lost: { invariant: 'I10', what: 'an admission came to nothing, and its workflow is told again' },
  promise_breached: { invariant: 'I11', what: 'a promised callback was not kept, and is reported' },
  row_refused: { invariant: 'I12', what: 'the database refused a statement over a border of its role' },
} as const satisfies Readonly<Record<string, { readonly invariant: string; readonly what: string }>>;
export type NearMiss = keyof typeof NEAR_MISSES;

/**
 * What the leading reason of a denial or deferral at the gate is a near miss of; null: an ordinary answer of the rules.
 * That somebody gave no consent is one.
 * @param reason code, such as `list.stale`
 */
export function nearMissOfReason(reason: string | null): NearMiss | null {
  if (reason === null || reason.startsWith('consent.')) return null;
  if (reason.startsWith('cap.')) return 'cap_reached';
  if (reason === 'calendar.uncovered') return 'calendar_uncovered';
  if (reason.startsWith('zone.') || reason.startsWith('jurisdiction.')) return 'place_unknown';
  if (/[._]stale$/.test(reason)) return 'fact_stale';
  return /[._](missing|unknown|unproven|unstated)$/.test(reason) ? 'fact_missing' : null;
}
