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
    [
      'they did not ask, and one of two ways that are declared fits',
      {
        ...talked,
        dialogue: dialogue({
          optOut: [
            { means: 'human', endsWithinS: 60 },
            { means: 'keypress', endsWithinS: 5 },
          ],
        }),
      },
      'met declared',
    ],
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
      'how long it went on is not told',
      duty('connect_agent', {}, 2),
      { ...talked, talkS: null },
      'unknown agent_unknown',
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

describe('what was found comes with the figures that it was found by', () => {
  const marked = {
    ...talked,
    dialogue: dialogue({ aiLabel: { mode: 'prompt', at: ['middle', 'end'] } }),
  } as Call;
  const labelled = duty('label_ai', { modes: ['prompt'], at: ['start', 'end'] });
  const wayOut = duty('offer_opt_out', { means: ['keypress'], endWithinS: 10 }, 6);
  const offering = { ...talked, dialogue: dialogue({ optOut: [{ means: 'keypress', endsWithinS: 5 }] }) };
  test.each<[string, Duty, Call, object]>([
    ['a label', labelled, { ...marked, endedBy: 'us' }, { code: 'declared', at: ['end'] }],
    ['a label not reached', labelled, marked, { code: 'ended_by_callee', at: ['end'] }],
    [
      'a label not known to be',
      labelled,
      { ...marked, endedBy: 'carrier' },
      { code: 'ended_by_carrier', at: ['end'] },
    ],
    ['a request', wayOut, { ...talked, optedOut: true }, { code: 'request_time_unknown', endWithinS: 10 }],
    ['no script', wayOut, talked, { code: 'undeclared', endWithinS: 10 }],
    ['an offer', wayOut, offering, { code: 'offer_time_unknown', means: ['keypress'], withinS: 6 }],
    [
      'no agent',
      duty('connect_agent', {}, 2),
      { ...talked, talkS: 1 },
      { code: 'ended_by_callee', talkS: 1, withinS: 2 },
    ],
    ['an agent', duty('connect_agent', {}, 2), talked, { code: 'agent_unknown', withinS: 2 }],
  ])('%s', (_what, owed, conduct, why) => {
    expect(checkDuties([owed], conduct, conduct.dialogue)[0]!.why).toEqual(why);
  });
});

it('duties that are owed after the call are not held against it', () => {
  const later = (['retain', 'erase', 'renew_consent', 'assess', 'answer_callbacks', 'localise'] as const).map(
    (kind) => duty(kind, {}),
  );
  expect(checkDuties(later, talked, null)).toEqual([]);
});

describe('what is not known of a call is unknown, whatever is owed', () => {
  const owed = [
    duty('ring_at_least', { seconds: 15 }),
    duty('disclose', { items: [] }),
    duty('record_call', {}),
  ];
  test.each([
    ['its end was made up', { ...talked, synthesized: true }],
    ['how it ended is not told', { ...talked, outcome: null }],
    ['its end is not known', { ...talked, outcome: 'unknown' as const }],
  ])('%s', (_what, conduct) => {
    for (const one of owed) expect(said(one, conduct)).toBe('unknown end_unknown');
  });
  test('a limit that the duty does not say', () => {
    expect(said(duty('ring_at_least', {}), unanswered)).toBe('unknown ringing_unknown');
    expect(said(duty('ring_at_least', { seconds: '15' }), unanswered)).toBe('unknown ringing_unknown');
    expect(said(duty('offer_opt_out', { means: ['keypress'] }), talked)).toBe('unknown limit_unknown');
    expect(said(duty('connect_agent', {}), { ...talked, talkS: 1 })).toBe('unknown agent_unknown');
  });
  test('how long it was', () => {
    const script = dialogue({ discloses: [{ item: 'caller_name', withinS: 5 }] });
    expect(
      said(duty('disclose', { items: ['caller_name'] }), { ...talked, dialogue: script, talkS: null }),
    ).toBe('unknown length_unknown');
    expect(said(duty('connect_agent', {}, 2), { ...talked, talkS: null })).toBe('unknown agent_unknown');
    expect(said(duty('connect_agent', {}, 2), { ...talked, talkS: 1, endedBy: 'carrier' })).toBe(
      'unknown agent_unknown',
    );
    expect(said(duty('connect_agent', {}, 2), { ...talked, talkS: 2 })).toBe('unknown agent_unknown');
  });
});

test.each(['unreachable', 'invalid_number', 'blocked', 'congestion', 'carrier_error'] as const)(
  'a call that ended as %s never rang',
  (outcome) => {
    expect(said(duty('ring_at_least', { seconds: 15 }), { ...unanswered, outcome, ringS: 0 })).toBe(
      'met never_rang',
    );
  },
);

describe('what a check tells beside its word', () => {
  const why = (owed: Duty, conduct: Call) => checkDuties([owed], conduct, conduct.dialogue)[0]!.why;
  const script = dialogue({
    discloses: [
      { item: 'caller_name', withinS: 5 },
      { item: 'purpose', withinS: 20 },
    ],
    optOut: [{ means: 'speech', endsWithinS: 5 }],
    aiLabel: { mode: 'prompt', at: ['middle', 'end'] },
  });
  const scripted: Call = { ...talked, dialogue: script };
  test('the figures that it rests on', () => {
    const ring = duty('ring_at_least', { seconds: 15 });
    expect(why(ring, unanswered)).toEqual({ code: 'rang_long_enough', ringS: 20, seconds: 15 });
    expect(why(ring, { ...unanswered, ringS: 3 })).toEqual({ code: 'gave_up_early', ringS: 3, seconds: 15 });
    expect(why(ring, { ...unanswered, outcome: 'blocked' })).toEqual({
      code: 'never_rang',
      outcome: 'blocked',
    });
    const items = duty('disclose', { items: ['caller_name', 'purpose', 5] });
    // Held to the last of its items.
    expect(why(items, { ...scripted, talkS: 20 })).toEqual({ code: 'declared', talkS: 20, neededS: 20 });
    expect(why(items, { ...scripted, talkS: 19 })).toEqual({
      code: 'ended_by_callee',
      talkS: 19,
      neededS: 20,
    });
    expect(why({ ...items, withinS: 10 }, scripted)).toEqual({
      code: 'late_in_script',
      items: ['purpose'],
      withinS: 10,
    });
    expect(why(duty('disclose', { items: ['seller', 'purpose'] }), scripted)).toEqual({
      code: 'not_in_script',
      items: ['seller'],
    });
    expect(why(items, talked)).toEqual({ code: 'undeclared', items: ['caller_name', 'purpose'] });
    expect(why(duty('disclose', { items: [] }), { ...scripted, talkS: 0 })).toEqual({
      code: 'declared',
      talkS: 0,
      neededS: 0,
    });
    const label = duty('label_ai', { modes: ['prompt'], at: ['start', 'end'] });
    expect(why(label, scripted)).toEqual({ code: 'ended_by_callee', at: ['end'] });
    expect(why({ ...label, detail: { modes: ['rhythm'], at: ['end'] } }, scripted)).toEqual({
      code: 'not_in_script',
      aiLabel: script.aiLabel,
    });
    const out = duty('offer_opt_out', { means: ['keypress'], endWithinS: 10 });
    expect(why(out, scripted)).toEqual({ code: 'not_in_script', means: ['keypress'], endWithinS: 10 });
    expect(why(duty('offer_opt_out', { means: ['speech'], endWithinS: 5 }), scripted)).toEqual({
      code: 'declared',
      means: ['speech'],
      endWithinS: 5,
    });
    const pressed: Call = { ...talked, optedOut: true, lastKey: { afterAnswerS: 7, beforeEndS: 3 } };
    expect(why(out, pressed)).toEqual({ code: 'ended_in_time', endedAfterS: 3, endWithinS: 10 });
    expect(why({ ...out, withinS: 6 }, pressed)).toEqual({
      code: 'offer_time_unknown',
      endedAfterS: 3,
      endWithinS: 10,
      withinS: 6,
    });
    expect(why(duty('connect_agent', {}, 2), { ...talked, talkS: 1 })).toEqual({
      code: 'ended_by_callee',
      talkS: 1,
      withinS: 2,
    });
  });
  test('duties of a call are checked in their order', () => {
    const owed = [duty('record_call', {}), duty('retain', {}), duty('ring_at_least', { seconds: 15 })];
    expect(checkDuties(owed, talked, null).map((one) => one.duty.kind)).toEqual([
      'record_call',
      'ring_at_least',
    ]);
  });
});
