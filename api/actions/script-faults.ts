import type { Tx } from '../../db/client.ts';
import { scriptById, scriptVersion } from '../../db/repositories/scripts.ts';
import type { Fault } from '../../domain/failures.ts';
import type { ScriptReference } from '../../domain/script.ts';

/**
 * What keeps a campaign from running with the script it names: calls must say what somebody published.
 * @param script null, or left out by a definition of before there were scripts: the campaign names none
 */
export async function scriptFaults(tx: Tx, script: ScriptReference | null | undefined): Promise<Fault[]> {
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
  return [];
}
