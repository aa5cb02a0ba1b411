import type { Tx } from '../../db/client.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Fault } from '../../domain/failures.ts';
import { ruleFaults } from '../../gate/rules/judge.ts';
import { scriptFaults } from './script-faults.ts';

/** What is wrong with the rules of a definition that its form does not show: expressions, and scripts of experiments. */
export async function campaignRuleFaults(tx: Tx, definition: CampaignDefinition): Promise<Fault[]> {
  const faults = ruleFaults(definition);
  const { script: scripts, retry: retries } = definition.rules.experiments;
  for (const [i, { script }] of (scripts ?? []).entries()) {
    const found = await scriptFaults(tx, { script, agents: definition.agents });
    faults.push(
      ...found.map((fault) => ({
        ...fault,
        field: fault.field === 'agents' ? fault.field : `rules.experiments.script[${i}].${fault.field}`,
      })),
    );
  }
  // Whom an agent calls is paced by the campaign's own rule, for all of its contacts.
  const own = definition.retry.escalate?.afterAttempts ?? null;
  for (const [i, { retry }] of (retries ?? []).entries()) {
    if ((retry.escalate?.afterAttempts ?? null) === own) continue;
    faults.push({
      field: `rules.experiments.retry[${i}].retry.escalate`,
      fault: 'differs from the campaign’s own',
      expected: own === null ? 'null' : `afterAttempts: ${own}`,
    });
  }
  return faults;
}
