import { LAWS } from './laws.ts';
import type { Guard } from './guards.ts';
import type { Options } from './protocol.ts';

/** What is checked, with what has to come of it. */
export interface Check {
  readonly name: string;
  readonly options: Options;
  /** The law that must be found broken; null: all must hold. */
  readonly breaks: string | null;
  /** Not among the tests: many states, or all of them within another check's. */
  readonly long?: true;
}

const NO_FAULTS = { crashes: 0, freezes: 0, lateRequests: 0 };

/** The protocol as it is: exact but for the residual risk, which is asserted to be all there is. */
const WHOLE: readonly Check[] = [
  { name: 'without faults', options: { faults: NO_FAULTS }, breaks: null, long: true },
  { name: 'a process dies', options: { faults: { ...NO_FAULTS, crashes: 1 } }, breaks: null },
  {
    name: 'a process dies, and the carrier answers no look-up',
    options: { faults: { ...NO_FAULTS, crashes: 1 }, lookups: false },
    breaks: null,
    long: true,
  },
  {
    name: 'a process freezes in the gap',
    options: { faults: { ...NO_FAULTS, freezes: 1 } },
    breaks: null,
    long: true,
  },
  {
    name: 'the network holds a request up',
    options: { faults: { ...NO_FAULTS, lateRequests: 1 } },
    breaks: null,
    long: true,
  },
  { name: 'two processes die', options: { faults: { ...NO_FAULTS, crashes: 2 } }, breaks: null, long: true },
  {
    name: 'a process freezes in the gap, and one dies',
    options: { faults: { ...NO_FAULTS, crashes: 1, freezes: 1 } },
    breaks: null,
    long: true,
  },
  {
    name: 'the network holds a request up, and a process dies',
    options: { faults: { ...NO_FAULTS, crashes: 1, lateRequests: 1 } },
    breaks: null,
    long: true,
  },
];

function broken(without: Guard, breaks: string | null, faults = NO_FAULTS): Check {
  return { name: `without ${without}`, options: { faults, without }, breaks };
}

/** Each guard taken away. */
const BROKEN: readonly Check[] = [
  broken('claim.asks', LAWS.I3),
  broken('claim.stop_lock', LAWS.I3),
  broken('claim.person_lock', LAWS.I5),
  broken('claim.reserves', LAWS.I5),
  broken('claim.finds', LAWS.I2),
  broken('claim.commits', LAWS.I1),
  broken('send.state', LAWS.I3),
  // Not needed for any law here: state and fence suffice. It bounds how long a permit may wait for its turn.
  broken('send.lease', null),
  broken('send.stale', LAWS.I3),
  broken('stop.revokes', LAWS.I3),
  broken('stop.waits', LAWS.I3),
  broken('stop.marks', LAWS.I3_down),
  broken('expire.finds', LAWS.I10, { ...NO_FAULTS, crashes: 1 }),
  broken('reconcile.asks', LAWS.I10),
  broken('reconcile.waits', LAWS.I5),
  broken('late.marks', LAWS.I3_down, { ...NO_FAULTS, freezes: 1 }),
  broken('late.hangs_up', LAWS.I3_down, { ...NO_FAULTS, freezes: 1 }),
];

export const CHECKS: readonly Check[] = [...WHOLE, ...BROKEN];
