import { describe, expect, it, test } from 'vitest';
import type { Duty } from '../../domain/decision.ts';
import type { CallConduct, Dialogue } from '../../domain/duty.ts';
import { checkDuties } from '../../policies/duties.ts';

type Call = CallConduct & { readonly dialogue: Dialogue };

const duty = (kind: Duty['kind'], detail: Duty['detail'], withinS: number | null = null): Duty => ({
  kind,
  detail,
  withinS,
  dueAt: null,
});

const dialogue = (more: Partial<NonNullable<Dialogue>> = {}) => ({
  scriptId: 's',
  version: 1,
  discloses: [],
  optOut: [],
  aiLabel: null,
  ...more,
});

/** A call that was answered, talked for a minute and was ended by the person. */
const talked: Call = {
  outcome: 'answered',
  answered: true,
  ringS: 6,
  talkS: 60,
  endedBy: 'callee',
  synthesized: false,
  optedOut: false,
  lastKey: null,
  dialogue: null,
  recorded: null,
};
/** One that rang for 20 s and was given up. */
const unanswered: Call = {
  ...talked,
  outcome: 'no_answer',
  answered: false,
  ringS: 20,
  talkS: 0,
  endedBy: 'us',
};

function said(owed: Duty, conduct: Call): string {
  const [check] = checkDuties([owed], conduct, conduct.dialogue);
  return `${check!.outcome} ${check!.why.code}`;
}

type Case = [what: string, conduct: Call, said: string];

describe('ring_at_least: a caller who gives up lets it ring long enough', () => {
  test.each<Case>([
    ['just long enough', { ...unanswered, ringS: 15 }, 'met rang_long_enough'],
    ['given up a moment before', { ...unanswered, ringS: 14.9 }, 'breached gave_up_early'],
    ['hung up by a stop', { ...unanswered, outcome: 'cancelled', ringS: 3 }, 'breached gave_up_early'],
    ['answered', { ...talked, ringS: 2 }, 'met answered'],
    [
      'refused by the person',
      { ...unanswered, outcome: 'declined', endedBy: 'callee', ringS: 2 },
      'met ended_by_callee',
    ],
    ['ended by the carrier', { ...unanswered, endedBy: 'carrier', ringS: 2 }, 'unknown ended_by_carrier'],
    [
      'no phone rang',
      { ...unanswered, outcome: 'invalid_number', endedBy: 'carrier', ringS: 0 },
      'met never_rang',
    ],
    ['how long is not told', { ...unanswered, ringS: null }, 'unknown ringing_unknown'],
    ['its end was made up', { ...unanswered, synthesized: true }, 'unknown end_unknown'],
  ])('%s', (_what, conduct, expected) => {
    expect(said(duty('ring_at_least', { seconds: 15 }), conduct)).toBe(expected);
  });
});

describe('disclose: held to what the script declares', () => {
  const owed = duty('disclose', { items: ['caller_name'] }, 10);
  const says = (withinS: number) => ({
    dialogue: dialogue({ discloses: [{ item: 'caller_name', withinS }] }),
  });
  test.each<Case>([
    ['declared in time', { ...talked, ...says(10) }, 'met declared'],
    ['declared too late', { ...talked, ...says(11) }, 'breached late_in_script'],
    ['not declared', { ...talked, dialogue: dialogue() }, 'breached not_in_script'],
    ['no script is known', talked, 'unknown undeclared'],
    ['we hung up first', { ...talked, ...says(5), talkS: 4, endedBy: 'us' }, 'breached ended_before_said'],
    ['they hung up first', { ...talked, ...says(5), talkS: 4 }, 'met ended_by_callee'],
    [
      'the line broke off',
      { ...talked, ...says(5), talkS: 4, endedBy: 'carrier' },
      'unknown ended_by_carrier',
    ],
    ['nobody answered', unanswered, 'met not_answered'],
  ])('%s', (_what, conduct, expected) => {
    expect(said(owed, conduct)).toBe(expected);
  });
});

describe('label_ai: the artificial voice is marked as the script declares', () => {
  const owed = duty('label_ai', { modes: ['prompt'], at: ['start', 'end'] });
  const marks = (mode: 'prompt' | 'rhythm', at: ('start' | 'middle' | 'end')[]) => ({
    dialogue: dialogue({ aiLabel: { mode, at } }),
  });
  test.each<Case>([
    ['at the start', { ...talked, ...marks('prompt', ['start']) }, 'met declared'],
    ['in another way', { ...talked, ...marks('rhythm', ['start']) }, 'breached not_in_script'],
    ['at another place', { ...talked, ...marks('prompt', ['middle']) }, 'breached not_in_script'],
    ['not at all', { ...talked, dialogue: dialogue() }, 'breached not_in_script'],
    [
      'at an end that the call came to',
      { ...talked, ...marks('prompt', ['end']), endedBy: 'us' },
      'met declared',
    ],
    [
      'at an end that the line never came to',
      { ...talked, ...marks('prompt', ['end']), endedBy: 'carrier' },
      'unknown ended_by_carrier',
    ],
    ['no script is known', talked, 'unknown undeclared'],
  ])('%s', (_what, conduct, expected) => {
    expect(said(owed, conduct)).toBe(expected);
  });
});

describe('offer_opt_out: who refuses is let go in time', () => {
  const owed = duty('offer_opt_out', { means: ['keypress'], endWithinS: 10 });
  const pressed = (beforeEndS: number, afterAnswerS = 5) => ({
    ...talked,
    optedOut: true,
    lastKey: { afterAnswerS, beforeEndS },
  });
  const offers = (endsWithinS: number, means: 'keypress' | 'human' = 'keypress') => ({
    ...talked,
    dialogue: dialogue({ optOut: [{ means, endsWithinS }] }),
  });
  test.each<Case>([
    ['ended just in time', pressed(10), 'met ended_in_time'],
    ['ended too late', pressed(10.1), 'breached ended_late'],
    ['when they asked is not told', { ...talked, optedOut: true }, 'unknown request_time_unknown'],
    ['they did not ask, and it is declared', offers(10), 'met declared'],
    ['they did not ask, and it is declared too slow', offers(11), 'breached not_in_script'],
    ['they did not ask, and another way is declared', offers(1, 'human'), 'breached not_in_script'],
    ['they did not ask, and no script is known', talked, 'unknown undeclared'],
    ['nobody answered', unanswered, 'met not_answered'],
  ])('%s', (_what, conduct, expected) => {
    expect(said(owed, conduct)).toBe(expected);
  });

  it('to be offered by a time: a key pressed before it shows that it was', () => {
    const early = { ...owed, withinS: 6 };
    expect(said(early, pressed(2, 6))).toBe('met ended_in_time');
    expect(said(early, pressed(2, 7))).toBe('unknown offer_time_unknown');
    expect(said(early, pressed(11, 6))).toBe('breached ended_late');
    expect(said(early, offers(2))).toBe('unknown offer_time_unknown');
  });
});

describe('connect_agent and record_call: known where the carrier tells, unknown else', () => {
  test.each<[string, Duty, Call, string]>([
    ['an agent may have come late', duty('connect_agent', {}, 2), talked, 'unknown agent_unknown'],
    [
      'they left before one was due',
      duty('connect_agent', {}, 2),
      { ...talked, talkS: 1.9 },
      'met ended_by_callee',
    ],
    [
      'a machine answered',
      duty('connect_agent', {}, 2),
      { ...talked, outcome: 'voicemail' },
      'met no_person',
    ],
    ['recorded', duty('record_call', {}), { ...talked, recorded: true }, 'met recorded'],
    ['not recorded', duty('record_call', {}), { ...talked, recorded: false }, 'breached not_recorded'],
    ['not told', duty('record_call', {}), talked, 'unknown recording_unknown'],
  ])('%s', (_what, owed, conduct, expected) => {
    expect(said(owed, conduct)).toBe(expected);
  });
});

it('duties that are owed after the call are not held against it', () => {
  const later = (['retain', 'erase', 'renew_consent', 'assess', 'answer_callbacks', 'localise'] as const).map(
    (kind) => duty(kind, {}),
  );
  expect(checkDuties(later, talked, null)).toEqual([]);
});
