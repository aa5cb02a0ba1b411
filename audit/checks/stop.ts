import { toIso } from '../../domain/time.ts';
import { ROUNDING_MS, type SendInScope, type StoredStop } from '../records.ts';
import type { Violation } from '../verdict.ts';

export interface StopFinding {
  readonly violations: readonly Violation[];
  /** Set when the data cannot show whether the stop still bound what was sent. */
  readonly notChecked: string | null;
}

/**
 * I3: after a stop was acknowledged nothing in its scope was sent, until it was lifted: a pause by resuming, a
 * withdrawal by a later consent, a suppression by the end of its entry. A stopped campaign is never resumed.
 */
export function checkStop(stop: StoredStop): StopFinding {
  const after = stop.sends.flatMap((send) => {
    const instants = [send.sendingReal, ...send.dialsReal].filter((at) => at !== null);
    const late = instants.filter(
      (at) => at > stop.acknowledgedReal + ROUNDING_MS && (stop.liftedReal === null || at < stop.liftedReal),
    );
    return late.length === 0 ? [] : [{ send, firstReal: Math.min(...late) }];
  });
  const liftUnknown =
    (stop.kind === 'pause' || stop.kind === 'kill') && stop.liftedReal === null && !stop.stillStopped;
  if (liftUnknown) {
    return {
      violations: [],
      notChecked: after.length === 0 ? null : `a ${stop.kind} was lifted, and when is not on record`,
    };
  }
  const violations = after
    .filter(({ send }) => binds(stop, send))
    .map(({ send, firstReal }) => ({
      subject: { stopId: stop.id, attemptId: send.attemptId },
      what: `was sent at ${toIso(firstReal)}, after the ${stop.kind} of its ${stop.scope} was acknowledged`,
      expected: `nothing sent after ${toIso(stop.acknowledgedReal)}`,
    }));
  return { violations, notChecked: null };
}

function binds(stop: StoredStop, send: SendInScope): boolean {
  switch (stop.kind) {
    case 'withdrawal':
      // Another withdrawal of the same person, of something else, is a stop of its own with its own acknowledgement.
      return (
        names(stop.about.purposes, send.purpose, 'withdrawal') &&
        names(stop.about.channels, send.channel, 'withdrawal') &&
        isWithdrawn(send)
      );
    case 'suppression':
      return send.suppressions.some(
        (entry) =>
          (entry.campaignId === null || entry.campaignId === send.campaignId) &&
          (entry.purpose === null || entry.purpose === send.purpose),
      );
    case 'pause':
    case 'stop':
    case 'kill':
      return true;
  }
}

/** The latest event that speaks of the call's purpose and channel is a withdrawal; at the same instant it wins. */
function isWithdrawn(send: SendInScope): boolean {
  const about = send.consents.filter(
    (event) =>
      names(event.purposes, send.purpose, event.kind) && names(event.channels, send.channel, event.kind),
  );
  const latest = (kind: 'grant' | 'withdrawal') =>
    Math.max(-Infinity, ...about.filter((event) => event.kind === kind).map((event) => event.occurredAt));
  const withdrawn = latest('withdrawal');
  return withdrawn !== -Infinity && withdrawn >= latest('grant');
}

/** A withdrawal that names nothing withdraws all; a grant that names nothing grants nothing. */
function names(listed: readonly string[], wanted: string, kind: 'grant' | 'withdrawal'): boolean {
  return listed.includes(wanted) || (kind === 'withdrawal' && listed.length === 0);
}
