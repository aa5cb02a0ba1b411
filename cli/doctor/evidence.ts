import { existsSync } from 'node:fs';
import { latestCheckpoint, uncopiedCheckpoints, unsealedAgeS } from '../../db/repositories/evidence-log.ts';
import { signerFromFile } from '../../evidence/signing-key.ts';
import type { EngineConfig } from '../../runtime/config.ts';
import { failOf, ok, warn, type Finding } from './finding.ts';
import type { TenantView } from './tenants.ts';

const CHECK = 'evidence';
/** Real seconds after which a running worker has sealed whatever there is. */
const LATE_S = 60;

/** Whether decisions are sealed at all, and whether checkpoints have a second place. */
export function checkSealing(evidence: EngineConfig['evidence']): Finding[] {
  if (evidence === null) {
    return [
      warn(
        CHECK,
        'decisions are not sealed: whoever owns the database could change them unseen',
        'set RIGHTCALL_EVIDENCE_KEY_FILE for the workers',
      ),
    ];
  }
  return [keyFinding(evidence.keyFile), placeFinding(evidence.dir)];
}

function keyFinding(file: string): Finding {
  // Nothing is made here: the first worker makes it.
  if (!existsSync(file)) return ok(CHECK, `${file} is made by the first worker`);
  try {
    return ok(CHECK, `checkpoints are signed by the key ${signerFromFile(file).keyId}`);
  } catch (error) {
    return failOf(CHECK, error, 'see docs/audit.md');
  }
}

function placeFinding(dir: string | null): Finding {
  return dir === null
    ? warn(
        `${CHECK}.copies`,
        'checkpoints stand in the database alone, where its owner can replace them',
        'set RIGHTCALL_EVIDENCE_DIR to a folder of another machine',
      )
    : ok(`${CHECK}.copies`, `checkpoints are copied to ${dir}`);
}

/** What a running sealer takes up within seconds and nobody did. */
export async function checkSealedOf(view: TenantView, sealing: boolean): Promise<Finding[]> {
  if (!sealing) return [];
  const check = `${CHECK}.${view.slug}`;
  const { age, latest, uncopied } = await view.db.inTenant(view.tenantId, async (tx) => ({
    age: await unsealedAgeS(tx),
    latest: await latestCheckpoint(tx),
    uncopied: (await uncopiedCheckpoints(tx, 1))[0],
  }));
  if (age !== null && age > LATE_S) {
    const what = `decisions wait to be sealed for ${Math.round(age)} s`;
    return [warn(check, what, 'is a worker running? its log says what stops the sealer')];
  }
  if (uncopied !== undefined && Date.now() - uncopied.atReal > LATE_S * 1_000) {
    const what = `the checkpoint over ${uncopied.size} decisions is not in the second place`;
    return [warn(check, what, 'can the workers write there? their log says what stops the sealer')];
  }
  return [ok(check, latest === null ? 'nothing is sealed yet' : `${latest.size} decisions are sealed`)];
}
