import type { Database } from '../../db/client.ts';
import { checkpointOfSize } from '../../db/repositories/evidence-log.ts';
import { openRestore } from '../../db/repositories/restores.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { SecondPlace } from '../../evidence/second-place.ts';

/**
 * Fail closed on a database that was taken back and that nobody has looked after: the second place has a checkpoint that
 * is not in it. A checkpoint is in the database before it is copied, so it cannot be otherwise. Where there is no second
 * place, nothing outside the database knows.
 * @throws RightcallError `refused` saying what to do
 */
export async function refuseTakenBack(db: Database, secondPlace: SecondPlace): Promise<void> {
  for (const { tenantId, slug } of await db.tenants()) {
    const size = await secondPlace.newestSize(tenantId);
    if (size === 0) continue;
    const { known, open } = await db.inTenant(tenantId, async (tx) => ({
      known: (await checkpointOfSize(tx, size)) !== null,
      open: (await openRestore(tx)) !== null,
    }));
    // While a restore is open the tenant is stopped, and what workers do is what is wanted of them.
    if (known || open) continue;
    throw new RightcallError(
      'refused',
      `the database was taken back to an earlier state: of tenant ${slug} it lacks the checkpoint over ${size} decisions that ` +
        `${secondPlace.name} has, and calls made since would be made again; run rightcall restore begin (docs/restore.md)`,
    );
  }
}
