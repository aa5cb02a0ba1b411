/**
 * The steps of a contact's way to the phone and back, in the order of the design: what a process may have done, and not
 * yet done, when it dies or stands still. Each names the instant just before or just after something that others can see:
 * a commit, a request to the carrier, a word to Temporal. The model of the protocol, the interleavings and the chaos suite
 * go by these names.
 *
 * Names in the present tense are just before it, those in the past tense just after.
 */
export const STEPS = [
  /** The pacer: a contact is admitted, then its workflow is told. */
  'admission.commit',
  'admission.committed',
  'admission.told',
  /** Transaction A of the gate: the decision and, on `allow`, the permit. */
  'claim.commit',
  'claim.committed',
  /** The send: a slot of the line, the compare-and-set, the request, its answer. */
  'send.slot_taken',
  'send.begin',
  'send.begun',
  'send.answered',
  'send.recorded',
  /** The carrier's events: kept, then made true in our rows. */
  'event.store',
  'event.stored',
  'event.apply',
  'event.applied',
  /** The result of an attempt reaches the contact's workflow. */
  'result.tell',
  'result.told',
  'result.marked',
  /** A stop: under the exclusive lock, committed, quiet, acknowledged. */
  'stop.commit',
  'stop.committed',
  'stop.quiet',
  'stop.acknowledged',
  'hangup.ask',
  'hangup.asked',
  /** An answered call and its agent: the carrier is asked to join them, and that it did is written down. */
  'bridge.ask',
  'bridge.answered',
  'bridge.commit',
  'bridge.committed',
  /** Nobody came: that the call is given up is written down, then the carrier is told to let it go. */
  'abandon.commit',
  'abandon.committed',
  'letgo.ask',
  'letgo.asked',
  /** A contact that was shown: what the agent said is acted on. */
  'preview.settle',
  'preview.settled',
  /** What is found stuck: a lease that ran out, an attempt whose fate only the carrier knows. */
  'expire.commit',
  'expire.committed',
  'reconcile.ask',
  'reconcile.answered',
  'reconcile.committed',
] as const;
export type Step = (typeof STEPS)[number];
