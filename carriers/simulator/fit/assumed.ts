import type { OutcomeModel } from '../model.ts';

/**
 * Parameters that the UCI data says nothing about: it records only contacts that ended in a talk. Each
 * stands in the model's file with its reason, so that nobody takes it for a measurement.
 */
export const ASSUMED: Omit<OutcomeModel, 'answer' | 'talk' | 'conversion' | 'conversionByPrevious'> = {
  numbers: { invalid: 0.02, blocked: 0.002 },
  unanswered: {
    no_answer: 0.52,
    voicemail: 0.3,
    busy: 0.08,
    unreachable: 0.05,
    declined: 0.035,
    congestion: 0.01,
    carrier_error: 0.005,
  },
  otherDispositions: {
    not_interested: 0.6,
    refused: 0.15,
    interested: 0.12,
    callback: 0.08,
    opted_out: 0.03,
    wrong_number: 0.02,
  },
  digits: { converted: '1', interested: '1', callback: '2', opted_out: '9' },
  setup: { minS: 1, maxS: 4 },
  ring: { mu: 2.2, sigma: 0.5 },
  networkRingLimitS: 180,
  voicemail: { minS: 4, maxS: 30 },
  patience: { minS: 3, maxS: 9 },
  asksForAgent: 0.1,
};

export const ASSUMPTIONS: Readonly<Record<string, string>> = {
  answer:
    'Only the people who were reached in the end are in the data; those never reached would lower the answer rate.',
  conversionByPrevious:
    'Talk is drawn without regard to the earlier campaign; in the data, clients whose earlier campaign succeeded also ' +
    'talk longer, so that 54 % of them convert here against 65 % there.',
  numbers: 'Assumed: 2 % of a kept customer list is out of service, 0.2 % is barred by its operator.',
  unanswered:
    'Assumed split. Anchors: UNICOM Intelligence interviewer manual (call logs of known numbers): busy 3 to 6 % of all ' +
    'calls, no answer 25 to 35 % with a time-out of 25 s, other failures each below 1 %. The rest is given to voicemail, ' +
    'phones switched off and declined calls, which mobile numbers have more of. With about 0.6 of attempts unanswered: ' +
    'no answer 31 %, busy 5 %, voicemail 18 % of all.',
  otherDispositions: 'Assumed; the data says only whether the client subscribed.',
  digits:
    'A common keypad script: 1 yes, 2 call me back, 9 do not call again. The context overrides it by digit.<disposition>.',
  setup: 'Assumed post-dial delay of 1 to 4 s.',
  ring: 'Log-normal with median 9 s: the same manual finds most pick-ups after 6 to 10 s of ringing.',
  networkRingLimitS: 'ITU-T Q.931 timer T301: three minutes or more.',
  voicemail: 'Assumed time until a machine is recognised or its greeting is over.',
  patience:
    'Assumed: somebody who says hello into silence hangs up after a few seconds. Longer than the 2 s after which the law ' +
    'of several countries calls a call abandoned (47 CFR 64.1200(a)(7)), so that the law and not the person decides.',
  asksForAgent: 'Assumed; it matters only to scripts with a key that hands over to an agent.',
};
