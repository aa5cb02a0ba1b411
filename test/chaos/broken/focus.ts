import type { Step } from '../../../domain/steps.ts';

/** What a run is told so that one kind of breakage shows; what is left out is as in any run. */
export interface Focus {
  /** Faults that are put in; none: clients alone. */
  readonly kinds: readonly string[];
  /** Steps at which processes are killed or frozen. */
  readonly steps?: readonly Step[];
  /** Wires that network faults are put on. */
  readonly links?: readonly string[];
  readonly callsPerSecond?: number;
  readonly speed?: number;
  /** How long pauses and freezes last, real ms. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
  readonly freezeMs?: { readonly min: number; readonly max: number };
}
