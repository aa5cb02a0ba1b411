import {
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { createActivities } from '../activities/index.ts';
import { stateKey } from './attributes.ts';
import { campaignChangedSignal, TASK_QUEUES, type CampaignWorkflowInput } from './messages.ts';

type Activities = ReturnType<typeof createActivities>;

const { pace } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.pace,
  // A pacer works for as long as there is something to pace; a worker that stops beating is replaced.
  startToCloseTimeout: '24h',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
});
const { closeCampaign } = proxyActivities<Activities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
});

/** How long a paused campaign waits to be told, before it looks by itself. */
const LOOK_AGAIN = '1h';

/**
 * A campaign from its start to its end: it keeps one pacer running while the campaign runs, and closes what is left
 * when it is over. The database holds the campaign's status; the pacer reads it at every tick, so that this workflow
 * and whoever changes the status need never agree on anything else.
 *
 * Safe to start again under its id, and safe to run a second pacer by mistake: they take turns.
 */
export async function campaignWorkflow(input: CampaignWorkflowInput): Promise<{ status: string }> {
  let changes = 0;
  setHandler(campaignChangedSignal, () => {
    changes += 1;
  });
  for (;;) {
    upsertSearchAttributes([{ key: stateKey, value: 'running' }]);
    setCurrentDetails('Pacing: contacts that are due go to the dial gate as capacity allows.');
    const seen = changes;
    const { status } = await pace(input);
    if (status === 'stopped' || status === 'completed') {
      setCurrentDetails(`The campaign is ${status}; closing what is left.`);
      await closeCampaign(input);
      upsertSearchAttributes([{ key: stateKey, value: status }]);
      setCurrentDetails(`The campaign is ${status}.`);
      return { status };
    }
    if (status === 'paused' || status === 'draft') {
      upsertSearchAttributes([{ key: stateKey, value: status }]);
      setCurrentDetails('Paused: nothing is dialled until it is resumed.');
      await condition(() => changes > seen, LOOK_AGAIN);
    }
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof campaignWorkflow>(input);
  }
}
