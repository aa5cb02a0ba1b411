import {
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createActivities } from '../activities/index.ts';
import { TASK_QUEUES, wokenSignal, type DeliverWorkflowInput } from './messages.ts';

type Activities = ReturnType<typeof createActivities>;

const { deliver } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.deliver,
  // An activity ends by itself within a minute; one whose worker stopped beating is run again elsewhere.
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * Deliver an endpoint's outgoing events until none is left. What is to be delivered, how often it was tried and when it
 * is next are in the database; this sees to it that somebody does, whatever worker dies, and holds the timer behind a
 * retry that is hours away.
 *
 * Safe to start again under its id: a second one is refused by Temporal, and a second drain by the endpoint's hold.
 * It ends when nothing is left, and is started again when something is.
 */
export async function deliverWorkflow(input: DeliverWorkflowInput): Promise<{ state: 'idle' | 'off' }> {
  let woken = 0;
  setHandler(wokenSignal, () => {
    woken += 1;
  });
  for (;;) {
    const seen = woken;
    setCurrentDetails('Delivering what is due.');
    const result = await deliver(input);
    if (result.kind === 'waiting') {
      setCurrentDetails(`Nothing can be delivered for ${Math.ceil(result.inMs / 1_000)} s.`);
      if (result.inMs > 0) await condition(() => woken > seen, result.inMs);
    } else if (woken === seen) {
      setCurrentDetails(result.kind === 'off' ? 'The endpoint is disabled.' : 'Everything is delivered.');
      return { state: result.kind };
    }
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof deliverWorkflow>(input);
  }
}
