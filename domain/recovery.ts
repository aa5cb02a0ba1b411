/**
 * Words of recovery: what was found stuck, and what was done about it. docs/recovery.md tells of each.
 */

/** Why a call that a carrier has is nobody's: it knows an attempt that we do not, or one that was never to ring. */
export type OrphanCause = 'unknown' | 'claimed' | 'revoked' | 'abandoned' | 'rejected' | 'ended';

/** Kinds of repair, as they are counted (`rightcall_repairs_total`). */
export const REPAIRS = [
  /** A permit or a send whose holder did not answer for it in time was taken from it. */
  'lease_expired',
  /** The carrier said what became of an attempt whose answer was lost: it has it, or it never did. */
  'attempt_found',
  'attempt_not_found',
  /** The carrier never said; the attempt counts as one that rang. */
  'attempt_counted',
  /** A call's end that no event told was fetched. */
  'end_fetched',
  /** A consequence that was never drawn from an attempt that is over. */
  'attempt_settled',
  /** A call that we had given up turned out to be up. */
  'call_taken_up',
  /** A call that is nobody's was hung up. */
  'orphan_hung_up',
  /** An admission of which nothing came was told again, or taken back. */
  'admission_retold',
  'admission_taken_back',
  /** A contact's workflow was gone and was started again; one was told that its contact is final, or ended for want of a row. */
  'workflow_started',
  'workflow_closed',
  'workflow_ended',
  /** An agent whose channel had been silent for too long was signed out, or taken off what they were reserved for. */
  'agent_lost',
  /** A seat that was kept for a call that is over, or for nothing, was freed. */
  'seat_freed',
] as const;
export type Repair = (typeof REPAIRS)[number];
