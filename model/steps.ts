import type { Step } from '../domain/steps.ts';

/** The steps of the code that the model takes one by one. */
export const STEPS_OF_THE_MODEL = [
  'claim.commit',
  'claim.committed',
  'send.begun',
  'send.answered',
  'send.recorded',
  'event.applied',
  'stop.commit',
  'stop.committed',
  'stop.acknowledged',
  'hangup.asked',
  'expire.committed',
  'reconcile.ask',
  'reconcile.answered',
  'reconcile.committed',
] as const satisfies readonly Step[];
export type StepOfTheModel = (typeof STEPS_OF_THE_MODEL)[number];

const PACER =
  'an admission may be told late, twice or never: two workers may take up the same one at any time, or none';
const RESULT = 'what the workflow is told changes no row that a request depends on, and may be told again';
const AGENT =
  'agents move when the carrier has the call, or before it is asked, and no request to ring depends on them';
const TAKEN_AS_ONE = 'nothing that others can see lies between it and the step that it is taken as one with';

/** The steps that it leaves out, with the reason. A step that is in neither list does not compile. */
export const LEFT_OUT: Readonly<Record<Exclude<Step, StepOfTheModel>, string>> = {
  'admission.commit': PACER,
  'admission.committed': PACER,
  'admission.told': PACER,
  'send.slot_taken': `${TAKEN_AS_ONE}: claim.committed`,
  'send.begin': `${TAKEN_AS_ONE}: claim.committed`,
  'event.store': 'an event that is not stored is one that has not come yet, or never comes',
  'event.stored': 'an event that is stored and not applied has not come yet, as far as anybody acts on it',
  'event.apply': `${TAKEN_AS_ONE}: event.applied`,
  'result.tell': RESULT,
  'result.told': RESULT,
  'result.marked': RESULT,
  'stop.quiet': 'a request after it is judged as one after the acknowledgement',
  'hangup.ask': 'whoever finds the mark asks, as often as it takes',
  'bridge.ask': AGENT,
  'bridge.answered': AGENT,
  'bridge.commit': AGENT,
  'bridge.committed': AGENT,
  'abandon.commit': AGENT,
  'abandon.committed': AGENT,
  'letgo.ask': AGENT,
  'letgo.asked': AGENT,
  'preview.settle': AGENT,
  'preview.settled': AGENT,
  'expire.commit': `${TAKEN_AS_ONE}: expire.committed`,
};
