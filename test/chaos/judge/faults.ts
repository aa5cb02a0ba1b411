import type { EpochMs } from '../../../domain/time.ts';
import type { FaultLine } from '../evidence.ts';

/** What was being done to the parts at an instant, as far as it bears on what the judge sees. */

/** Faults that were in force at some instant of `[from, to]` (real). */
function during(faults: readonly FaultLine[], from: EpochMs, to: EpochMs): FaultLine[] {
  return faults.filter(
    (fault) => fault.atReal <= to && (fault.untilReal === null || fault.untilReal >= from),
  );
}

/**
 * A stop waits for a request to the end of its send's lease (real ms; SEND_LEASE_MS, activities/calls/send.ts), also where its
 * sender has given it up: what reaches the carrier sooner was not waited for, whatever held it up.
 */
const WAITED_FOR_MS = 2_000;

/**
 * What held a request up between the compare-and-set and the carrier's log for longer than anybody waits for it
 * (docs/invariants.md, "What remains of I3"): its sender, or the carrier's own process, frozen in that gap; or its bytes on the
 * way. Null: nothing that was put in did.
 */
export function heldUpBy(
  faults: readonly FaultLine[],
  sendingReal: EpochMs | null,
  atReal: EpochMs,
): string | null {
  if (sendingReal === null || atReal - sendingReal < WAITED_FOR_MS) return null;
  for (const fault of during(faults, sendingReal, atReal)) {
    if (fault.kind === 'freeze' && /^(worker|simulator|\*)/.test(fault.process)) {
      return `${fault.process} was frozen`;
    }
    if (fault.kind === 'network' && fault.link === 'carrier') {
      return `the network to the carrier had a ${fault.mode}`;
    }
  }
  return null;
}

/** How far (real ms) any process's clock was from the machine's in `[from, to]`. */
export function clockOffMs(faults: readonly FaultLine[], from: EpochMs, to: EpochMs): number {
  const offsets = during(faults, from, to).map((fault) =>
    fault.kind === 'clock' ? Math.abs(fault.offsetMs) : 0,
  );
  return Math.max(0, ...offsets);
}
