import type { CampaignDefinition } from './campaign.ts';
import type { DialMode } from './vocabulary.ts';

/** What says who makes a contact's next call. */
export type Escalating = Pick<CampaignDefinition, 'mode' | 'agents' | 'retry'>;

/** Attempts of a contact after which an agent is to make the next, where a script made those before; null: never. */
export function escalatesAfter({ mode, agents, retry }: Escalating): number | null {
  // Definitions of before there were modes name none, and know of no agents.
  if ((mode ?? 'agentless') !== 'agentless' || (agents ?? null) === null) return null;
  return retry.escalate?.afterAttempts ?? null;
}

/**
 * Whether an agent is to call some of its contacts, where the script calls the others: by its own retry rules or, where an
 * experiment tries several, by those of an arm.
 */
export function mayEscalate(definition: CampaignDefinition): boolean {
  // Definitions of before there were rules have none.
  const arms = (definition as Partial<CampaignDefinition>).rules?.experiments.retry ?? [definition];
  return arms.some(({ retry }) => escalatesAfter({ ...definition, retry }) !== null);
}

/**
 * In which mode a contact's next call is made: the campaign's, or progressive (an agent is kept free before it rings) where
 * the script has tried as often as it may.
 * @param counted attempts that used up budget
 */
export function modeOfNext(definition: Escalating, counted: number): DialMode {
  const after = escalatesAfter(definition);
  return after !== null && counted >= after ? 'progressive' : definition.mode;
}
