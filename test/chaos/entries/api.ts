import { obeyOrders } from './control.ts';

/** `rightcall api` as it is, in a process that can be told to die, to stand still, and what time to believe. */
obeyOrders();
const { runApi } = await import('../../../cli/api/run.ts');
await runApi(process.env);
