import type { Deploy } from './deploy.ts';
import type { FaultKind } from './faults/kinds.ts';
import type { Focus } from './focus.ts';

/** What a run is to be. */
export interface ChaosSettings {
  readonly seed: number;
  readonly lengthMs: number;
  readonly kinds: readonly FaultKind[];
  /** Where it is to look hardest; left out: everywhere alike. */
  readonly focus?: Omit<Focus, 'kinds'>;
  readonly contacts: number;
  readonly code: string;
  readonly build: string;
  readonly dir: string;
  readonly say: (text: string) => void;
  /** Instead of faults, a rolling deploy from an earlier release to this one; left out: faults. */
  readonly deploy?: Deploy | null;
  /** Rejects when the run is to be given up; what it started is ended all the same. */
  readonly interrupted: Promise<never>;
}
