import type { Fleet } from '../fleet/fleet.ts';
import type { Focus } from '../focus.ts';
import type { Seeded } from '../seeded.ts';
import { carrierFaults } from './carrier.ts';
import type { SmallDisk } from './disk.ts';
import { planFaults, type FaultKind } from './kinds.ts';
import type { FaultRecord } from './record.ts';
import { springTraps } from './stepped.ts';
import { carryOut } from './timed.ts';

/** What goes on while campaigns dial. */
export interface During {
  readonly fleet: Fleet;
  readonly disk: SmallDisk | null;
  readonly record: FaultRecord;
  readonly draw: Seeded;
  readonly settings: {
    readonly lengthMs: number;
    readonly kinds: readonly FaultKind[];
    readonly focus?: Omit<Focus, 'kinds'>;
  };
  /** Resolves so long (real ms) after dialling began, or when it is over. @returns false when it is over */
  readonly until: (atMs: number) => Promise<boolean>;
  readonly ended: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
  /** For what could not be done: said at the end. */
  readonly noted: (what: string) => (error: unknown) => void;
}

/** Put the seed's faults in until the time is over. */
export async function underFaults(during: During): Promise<void> {
  const { fleet, disk, record, draw, settings, until, pause, noted, ended } = during;
  const plan = planFaults(draw, settings.lengthMs, settings.kinds, settings.focus);
  const carrier = carrierFaults(fleet.simulatorUrl);
  await Promise.all([
    ...plan.timed.map(async (fault) => {
      if (!(await until(fault.atMs))) return;
      await carryOut({ fleet, carrier, disk, record, pause }, fault).catch(noted(fault.kind));
    }),
    ...plan.stepped.map((next) => springTraps({ fleet, record, pause, over: () => ended.aborted }, next)),
  ]);
}
