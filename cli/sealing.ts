import type { Sealing } from '../activities/services/seal.ts';
import { fileSecondPlace } from '../evidence/second-place.ts';
import { signerFromFile } from '../evidence/signing-key.ts';
import type { EngineConfig } from '../runtime/config.ts';

/** With what this deployment seals decisions; null: it does not. @throws RightcallError naming the key file's fault */
export function sealingOf(config: EngineConfig): Sealing | null {
  if (config.evidence === null) return null;
  const { keyFile, dir } = config.evidence;
  return { signer: signerFromFile(keyFile), secondPlace: dir === null ? null : fileSecondPlace(dir) };
}
