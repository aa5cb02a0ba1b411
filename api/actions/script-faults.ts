import type { Tx } from '../../db/client.ts';
import { scriptById, scriptDocument, scriptVersion } from '../../db/repositories/scripts.ts';
import type { Fault } from '../../domain/failures.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';

/**
 * What keeps a campaign from running with the script it names: calls must say what somebody published.
 * One that hands over to agents needs a campaign that has some.
 * @param definition with no `script`, or left out by one of before there were scripts: the campaign names none
 */
export async function scriptFaults(
  tx: Tx,
  { script, agents }: Partial<Pick<CampaignDefinition, 'script' | 'agents'>>,
): Promise<Fault[]> {
  if (script === null || script === undefined) return [];
  const found = await scriptById(tx, script.id);
  if (found === null) {
    return [
      { field: 'script.id', fault: 'names no script there is', expected: 'the id of a script, or null' },
    ];
  }
  if (found.retiredAt !== null) {
    return [
      { field: 'script.id', fault: 'names a script that was retired', expected: 'another script, or null' },
    ];
  }
  const version = await scriptVersion(tx, script.id, script.version);
  if (version === null || version.publishedAt === null) {
    const fault = version === null ? 'is no version of the script' : 'was not published';
    const expected =
      found.publishedVersion === null ? 'a version that is published' : `such as ${found.publishedVersion}`;
    return [{ field: 'script.version', fault, expected }];
  }
  const document = await scriptDocument(tx, script.id, script.version);
  const handsOver = Object.values(document?.nodes ?? {}).some((node) => node.kind === 'agent');
  if (!handsOver || (agents !== null && agents !== undefined)) return [];
  return [
    {
      field: 'agents',
      fault: 'is missing, and the script hands over to an agent',
      expected: 'the teams that take its calls, or a script without such a node',
    },
  ];
}
