import type { FaultKind, FaultAim } from './faults/kinds.ts';

/** What a run is told so that one kind of breakage shows within seconds; what is left out is as in any run. */
export interface Focus extends FaultAim {
  /** Faults that are put in; none: clients alone. */
  readonly kinds: readonly FaultKind[];
  /** Of the line. */
  readonly callsPerSecond?: number;
  /** Of the engine's clock. */
  readonly speed?: number;
  /** How long clients pause things, real ms. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
  /** Campaigns with agents alone, and so many agents; left out: all campaigns, and as many as in any run. */
  readonly agents?: number;
  /** The dialling phase ends early once the carrier was asked so often. */
  readonly enoughRequests?: number;
  /** How long quiet is waited for, real ms: a broken build may never come to it. */
  readonly quietWithinMs?: number;
}
