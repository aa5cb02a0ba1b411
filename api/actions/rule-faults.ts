import type { Tx } from '../../db/client.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Fault } from '../../domain/failures.ts';
import { ruleFaults } from '../../gate/rules/judge.ts';
import { scriptFaults } from './script-faults.ts';

/** What is wrong with the rules of a definition that its form does not show: expressions, and scripts of experiments. */
export async function campaignRuleFaults(tx: Tx, definition: CampaignDefinition): Promise<Fault[]> {
  const faults = ruleFaults(definition);
  const { script: scripts } = definition.rules.experiments;
  for (const [i, { script }] of (scripts ?? []).entries()) {
    const found = await scriptFaults(tx, { script, agents: definition.agents });
    faults.push(
      ...found.map((fault) => ({
        ...fault,
        field: fault.field === 'agents' ? fault.field : `rules.experiments.script[${i}].${fault.field}`,
      })),
    );
  }
  return faults;
}
