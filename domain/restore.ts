/**
 * How a carrier stands in a restore. `reconciled`: it told all that it took. `dialling`: it took a call just now, so that
 * another engine still dials. `failed`: it could not be asked, or could not say all. `accepted`: somebody did without.
 */
export type ReconcileState = 'reconciled' | 'dialling' | 'failed' | 'accepted';

/** What came of the calls that a carrier told of. */
export interface ReconcileCounts {
  /** Calls told of; or, where it can only be asked one by one, attempt ids asked about. */
  readonly told: number;
  /** Of attempts that were on record. */
  readonly known: number;
  /** Written as attempts: they had been lost. */
  readonly restored: number;
  /** Of these, in which the person asked not to be called again. */
  readonly optedOut: number;
  /** Live ones taken up, or hung up because they rang. */
  readonly live: number;
  readonly hungUp: number;
  /** Of contacts that are not here any more, kept by their number. */
  readonly withoutContact: number;
  /** On record as never sent, and the carrier took them. */
  readonly contradicted: number;
  /** That no attempt id of ours names. */
  readonly foreign: number;
}

export const NOTHING_TOLD: ReconcileCounts = {
  told: 0,
  known: 0,
  restored: 0,
  optedOut: 0,
  live: 0,
  hungUp: 0,
  withoutContact: 0,
  contradicted: 0,
  foreign: 0,
};
