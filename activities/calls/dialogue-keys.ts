import type { Database } from '../../db/client.ts';
import { scriptDocument } from '../../db/repositories/scripts.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { keysToEnds } from '../../domain/script-keys.ts';

/** Scripts remembered at the most; a version never changes, and the oldest goes first. */
const REMEMBERED = 1_000;
const remembered = new Map<string, Readonly<Record<string, string>>>();

/**
 * What a carrier is told of a campaign's dialogue with each call: `digit.<disposition>`, the keys that lead to an end, so
 * that the key by which a person opts out is the script's own; and `digit.agent`, those that ask for an agent, where the
 * campaign has any. Empty where the campaign has no script.
 */
export async function dialogueKeys(
  db: Database,
  tenantId: string,
  { script, agents }: Partial<Pick<CampaignDefinition, 'script' | 'agents'>>,
): Promise<Readonly<Record<string, string>>> {
  // Definitions of before there were scripts name none.
  if (script === null || script === undefined) return {};
  const hasAgents = agents !== null && agents !== undefined;
  const place = `${tenantId}/${script.id}/${script.version}/${hasAgents}`;
  const known = remembered.get(place);
  if (known !== undefined) return known;
  const document = await db.single(tenantId, (statements) =>
    scriptDocument(statements, script.id, script.version),
  );
  if (document === null) return {};
  const keys = Object.fromEntries(
    Object.entries(keysToEnds(document))
      .filter(([end]) => hasAgents || end !== 'agent')
      .map(([end, pressed]) => [`digit.${end}`, pressed]),
  );
  remembered.set(place, keys);
  const oldest = remembered.keys().next().value;
  if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  return keys;
}
