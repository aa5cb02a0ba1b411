import type { Database } from '../../db/client.ts';
import { checkpointOfSize } from '../../db/repositories/evidence-log.ts';
import { evidenceLine } from '../../db/repositories/restores.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { SecondPlace } from '../../evidence/second-place.ts';

/**
 * Fail closed on a database that was taken back and that nobody has looked after: the second place has a checkpoint that
 * is not in it, or goes on from a restore that it does not know. A checkpoint is in the database before it is copied, so it
 * cannot be otherwise. Where there is no second place, nothing outside the database knows.
 * @throws RightcallError `refused` saying what to do
 */
export async function refuseTakenBack(db: Database, secondPlace: SecondPlace): Promise<void> {
  for (const { tenantId, slug } of await db.tenants()) {
    const lacking = await whatItLacks(db, secondPlace, tenantId);
    if (lacking === null) continue;
    throw new RightcallError(
      'refused',
      `the database was taken back to an earlier state: of tenant ${slug} it lacks ${lacking} that ${secondPlace.name} has, ` +
        'and calls made since would be made again; run rightcall restore begin (docs/restore.md)',
    );
  }
}

async function whatItLacks(db: Database, secondPlace: SecondPlace, tenantId: string): Promise<string | null> {
  // The second place first: what is found there was in the database already.
  const lines = await secondPlace.lines(tenantId);
  const line = await db.single(tenantId, evidenceLine);
  // A later restore than the latest one here; ids go up with time.
  if (lines.some((one) => line === null || one > line)) return 'a restore';
  const size = await secondPlace.newestSize(tenantId, line);
  if (size === 0 || (await db.single(tenantId, (tx) => checkpointOfSize(tx, size))) !== null) return null;
  return `the checkpoint over ${size} decisions`;
}

/** Real ms between two looks: how long workers can dial on a database that was taken back under them. */
const LOOK_EVERY_MS = 5_000;

/**
 * The same while a worker runs, for a database that is taken back under it. Databases and second places that do not answer
 * are looked at again; what they cannot say is no proof.
 * @param onFound called once
 * @returns what ends it
 */
export function watchTakenBack(
  db: Database,
  secondPlace: SecondPlace,
  onFound: (error: RightcallError) => void,
  everyMs = LOOK_EVERY_MS,
): () => void {
  let ended = false;
  let timer: NodeJS.Timeout;
  const look = async () => {
    try {
      await refuseTakenBack(db, secondPlace);
    } catch (error) {
      if (!ended && error instanceof RightcallError && error.code === 'refused') {
        ended = true;
        onFound(error);
      }
    }
    if (!ended) timer = setTimeout(() => void look(), everyMs);
  };
  timer = setTimeout(() => void look(), everyMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
