import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PlaceCallResult } from '../domain/carrier.ts';
import { placeCallActivityId } from '../domain/ids.ts';
import type { createActivities } from '../activities/index.ts';
import { stateKey } from './attributes.ts';
import {
  admittedSignal,
  closedSignal,
  contactDetailsQuery,
  TASK_QUEUES,
  type ContactWorkflowInput,
} from './messages.ts';

type Activities = ReturnType<typeof createActivities>;

const { rejoinHopper } = proxyActivities<Activities>({ startToCloseTimeout: '30s' });

/** How a contact ended in its campaign. */
export interface ContactWorkflowResult {
  readonly state: string;
  readonly reason: string | null;
  /** Admissions handled by this run and those before it. */
  readonly admissions: number;
}

/**
 * A contact's lifecycle in one campaign, from its first admission to its final state. What decides is in the
 * activities and the database; this tells the story and sees to it that nobody is stranded: behind every wait is a
 * timer, and when it fires the contact is put back into the hopper if it was lost.
 *
 * Safe to start again under its id: the hopper starts it with the number of the admission, and an admission makes at
 * most one attempt.
 */
export async function contactWorkflow(input: ContactWorkflowInput): Promise<ContactWorkflowResult> {
  let newest = input.admission;
  let closed: { state: string; reason: string | null } | null = null;
  let details = '';
  setHandler(admittedSignal, ({ admission }) => {
    newest = Math.max(newest, admission);
  });
  setHandler(closedSignal, (final) => {
    closed = final;
  });
  setHandler(contactDetailsQuery, () => details);
  const say = (text: string) => {
    details = text;
    setCurrentDetails(text);
  };

  let handled = input.admission;
  let step: PlaceCallResult = await call(input, handled, say);
  while (step.kind === 'waiting') {
    upsertSearchAttributes([{ key: stateKey, value: 'waiting' }]);
    say(
      `Waiting in the hopper until ${isoOf(step.readyAt)}${step.reason === null ? '' : ` (${step.reason})`}.`,
    );
    const told = await condition(() => closed !== null || newest > handled, step.recheckInMs);
    // Read through a function: the signal handlers change them while this waits.
    const final = current(() => closed);
    if (final !== null) {
      step = { kind: 'final', ...final };
    } else if (told) {
      handled = newest;
      step = await call(input, handled, say);
    } else {
      say('Waited longer than planned; looking whether the hopper still has the contact.');
      step = await rejoinHopper({ tenantId: input.tenantId, contactId: input.contactId });
    }
    if (step.kind === 'waiting' && workflowInfo().continueAsNewSuggested) {
      await condition(() => allHandlersFinished());
      // The next run asks for the latest admission again, which is answered from its attempt, and then waits.
      await continueAsNew<typeof contactWorkflow>({ ...input, admission: Math.max(handled, newest) });
    }
  }
  upsertSearchAttributes([{ key: stateKey, value: step.state }]);
  say(`Ended: ${step.state}${step.reason === null ? '' : ` (${step.reason})`}.`);
  return { state: step.state, reason: step.reason, admissions: handled };
}

/**
 * One admission's call. The activity is completed from outside when the carrier's final event is stored. If its worker
 * dies before it could write anything, it is run again after `attachTimeoutMs` and takes up what it finds.
 */
async function call(
  input: ContactWorkflowInput,
  admission: number,
  say: (text: string) => void,
): Promise<PlaceCallResult> {
  say(`Admission ${admission}: at the dial gate, or on the call it led to.`);
  const { placeCall } = proxyActivities<Activities>({
    taskQueue: TASK_QUEUES.dial,
    activityId: placeCallActivityId(admission),
    startToCloseTimeout: input.attachTimeoutMs,
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
  });
  return placeCall({
    tenantId: input.tenantId,
    campaignId: input.campaignId,
    contactId: input.contactId,
    admission,
  });
}

function current<T>(read: () => T): T {
  return read();
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
