import type { Duty } from '../domain/decision.ts';
import {
  isOfCall,
  type CallConduct,
  type CallDuty,
  type Dialogue,
  type DutyOutcome,
  type DutyWhy,
} from '../domain/duty.ts';
import type { Outcome } from '../domain/vocabulary.ts';

/**
 * Whether a call did what the rules that allowed it laid on it. Pure: the same duties and conduct always come to the
 * same. What cannot be known of a call is `unknown`, never a guess in either direction.
 */

interface DutyCheck {
  readonly duty: CallDuty;
  readonly outcome: DutyOutcome;
  readonly why: DutyWhy;
}

type Seen = CallConduct & { readonly dialogue: Dialogue };
type Finding = Pick<DutyCheck, 'outcome' | 'why'>;
const met = (code: string, figures: object = {}): Finding => ({ outcome: 'met', why: { code, ...figures } });
const breached = (code: string, figures: object = {}): Finding => ({
  outcome: 'breached',
  why: { code, ...figures },
});
const unknown = (code: string, figures: object = {}): Finding => ({
  outcome: 'unknown',
  why: { code, ...figures },
});

/**
 * One check for each duty of the call, in their order; duties that are owed later have none.
 * @param dialogue what the script declares, as the decision saw it
 */
export function checkDuties(duties: readonly Duty[], conduct: CallConduct, dialogue: Dialogue): DutyCheck[] {
  return duties.filter(isOfCall).map((duty) => ({ duty, ...check(duty, { ...conduct, dialogue }) }));
}

function check(duty: CallDuty, conduct: Seen): Finding {
  if (conduct.synthesized || conduct.outcome === null || conduct.outcome === 'unknown') {
    return unknown('end_unknown');
  }
  if (duty.kind === 'ring_at_least') return ringing(duty, conduct);
  // All else is owed to whoever picks up.
  if (!conduct.answered) return met('not_answered');
  switch (duty.kind) {
    case 'disclose':
      return disclosure(duty, conduct);
    case 'label_ai':
      return label(duty, conduct);
    case 'offer_opt_out':
      return optOut(duty, conduct);
    case 'connect_agent':
      return agent(duty, conduct);
    case 'record_call':
      if (conduct.recorded === null) return unknown('recording_unknown');
      return conduct.recorded ? met('recorded') : breached('not_recorded');
  }
}

const NEVER_RANG: readonly Outcome[] = [
  'unreachable',
  'invalid_number',
  'blocked',
  'congestion',
  'carrier_error',
];

/** It is about calls that the caller gives up: whoever was called may end the ringing when they like. */
function ringing(duty: Duty, conduct: CallConduct): Finding {
  const { ringS, endedBy, outcome } = conduct;
  const seconds = numberOf(duty, 'seconds');
  if (conduct.answered) return met('answered');
  if (outcome !== null && NEVER_RANG.includes(outcome)) return met('never_rang', { outcome });
  if (seconds === null || ringS === null) return unknown('ringing_unknown');
  const figures = { ringS, seconds };
  if (ringS >= seconds) return met('rang_long_enough', figures);
  if (endedBy === 'us') return breached('gave_up_early', figures);
  return endedBy === 'callee' ? met('ended_by_callee', figures) : unknown('ended_by_carrier', figures);
}

/** Held to what the script declares: every item, each in time, and the call went on for so long. */
function disclosure(duty: Duty, { dialogue, talkS, endedBy }: Seen): Finding {
  const items = textsOf(duty, 'items');
  if (dialogue === null) return unknown('undeclared', { items });
  const declared = new Map(dialogue.discloses.map(({ item, withinS }) => [item, withinS]));
  const missing = items.filter((item) => !declared.has(item));
  if (missing.length > 0) return breached('not_in_script', { items: missing });
  const { withinS } = duty;
  const late = items.filter((item) => withinS !== null && declared.get(item)! > withinS);
  if (late.length > 0) return breached('late_in_script', { items: late, withinS });
  const neededS = Math.max(0, ...items.map((item) => declared.get(item)!));
  if (talkS === null) return unknown('length_unknown');
  const figures = { talkS, neededS };
  if (talkS >= neededS) return met('declared', figures);
  if (endedBy === 'us') return breached('ended_before_said', figures);
  return endedBy === 'callee' ? met('ended_by_callee', figures) : unknown('ended_by_carrier', figures);
}

function label(duty: Duty, { dialogue, endedBy }: Seen): Finding {
  if (dialogue === null) return unknown('undeclared');
  const { aiLabel } = dialogue;
  const at = aiLabel?.at.filter((place) => textsOf(duty, 'at').includes(place)) ?? [];
  if (aiLabel === null || at.length === 0 || !textsOf(duty, 'modes').includes(aiLabel.mode)) {
    return breached('not_in_script', { aiLabel });
  }
  if (at.includes('start') || endedBy === 'us') return met('declared', { at });
  // Marked later on, and when the dialogue came to that place is not told.
  return endedBy === 'callee' ? met('ended_by_callee', { at }) : unknown('ended_by_carrier', { at });
}

/** Somebody who refuses is let go in time; to everybody else the way out is offered as the script declares. */
function optOut(duty: Duty, { optedOut, lastKey, dialogue }: Seen): Finding {
  const endWithinS = numberOf(duty, 'endWithinS');
  if (endWithinS === null) return unknown('limit_unknown');
  const { withinS } = duty;
  if (optedOut) {
    if (lastKey === null) return unknown('request_time_unknown', { endWithinS });
    const figures = { endedAfterS: lastKey.beforeEndS, endWithinS };
    if (lastKey.beforeEndS > endWithinS) return breached('ended_late', figures);
    if (withinS !== null && lastKey.afterAnswerS > withinS) {
      return unknown('offer_time_unknown', { ...figures, withinS });
    }
    return met('ended_in_time', figures);
  }
  if (dialogue === null) return unknown('undeclared', { endWithinS });
  const means = textsOf(duty, 'means');
  const offered = dialogue.optOut.some((way) => means.includes(way.means) && way.endsWithinS <= endWithinS);
  if (!offered) return breached('not_in_script', { means, endWithinS });
  return withinS === null
    ? met('declared', { means, endWithinS })
    : unknown('offer_time_unknown', { means, withinS });
}

/** No carrier tells when an agent spoke; only that a call ended before one had to is known. */
function agent({ withinS }: Duty, { talkS, endedBy, outcome }: CallConduct): Finding {
  if (outcome === 'voicemail') return met('no_person');
  const left = endedBy === 'callee' && withinS !== null && talkS !== null && talkS < withinS;
  return left ? met('ended_by_callee', { talkS, withinS }) : unknown('agent_unknown', { withinS });
}

function numberOf({ detail }: Duty, key: string): number | null {
  const value = detail[key];
  return typeof value === 'number' ? value : null;
}

function textsOf({ detail }: Duty, key: string): string[] {
  const value = detail[key];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
