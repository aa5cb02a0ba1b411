import { obeyOrders } from './control.ts';

/**
 * `rightcall worker` as it is, in a process that can be told to die, to stand still, and what time to believe; and beside
 * it a second pacer of every campaign, which is meant to be safe.
 */
obeyOrders();
const { runWorker } = await import('../../../cli/worker/run.ts');
const { paceAsWell } = await import('./second-pacer.ts');
const pacing = paceAsWell(process.env);
await runWorker(process.env);
await pacing.stop();
