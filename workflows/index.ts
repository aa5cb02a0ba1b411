/** What the worker registers. */
export { campaignWorkflow } from './campaign.ts';
export { contactWorkflow } from './contact.ts';
export { deliverWorkflow } from './deliver.ts';
