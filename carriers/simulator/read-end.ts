import type { EpochMs } from '../../domain/time.ts';
import { readCause } from '../causes.ts';
import type { CallEnd } from '../port.ts';
import type { WireEnd } from './wire.ts';

/** The simulator's codes as the port's end of a call, read through the table that all adapters share. */
export function callEndOf(at: EpochMs, end: WireEnd): CallEnd {
  const reading = readCause({
    q850: end.q850,
    sip: end.sip,
    answered: end.answered,
    machine: end.machine === true,
    endedByUs: end.endedByUs,
  });
  return {
    at,
    outcome: reading.outcome,
    by: end.by,
    sip: end.sip,
    q850: end.q850,
    vendorCode: end.vendorCode,
    talkS: end.talkS,
    ringS: end.ringS,
    disposition: end.disposition,
    synthesized: false,
  };
}
