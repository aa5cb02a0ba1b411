import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database } from '../db/client.ts';
import { markApplied } from '../db/repositories/idempotency.ts';
import { RightcallError } from '../domain/failures.ts';

/** A request under an Idempotency-Key, while it is carried out. */
export interface OnceClaim {
  readonly tenantId: string;
  readonly actor: string;
  readonly keyHash: Buffer;
  readonly fence: number;
  /** A transaction of it has committed something. */
  applied: boolean;
}

/** The claim that what runs now belongs to. */
export const ONCE = new AsyncLocalStorage<OnceClaim>();

/**
 * The database as the API's operations use it: a transaction that a request with an Idempotency-Key writes in says
 * itself that the request was carried out, so that a crash between its commit and the answer cannot lead to its being
 * done twice. Without the header nothing is added.
 */
export function onceDatabase(db: Database): Database {
  return {
    ...db,
    inTenant: async (tenantId, work) => {
      const claim = ONCE.getStore();
      // What has been noted once stays noted, and nobody else can begin the request any more.
      if (claim === undefined || claim.applied || claim.tenantId !== tenantId)
        return db.inTenant(tenantId, work);
      let wrote = false;
      const result = await db.inTenant(tenantId, async (tx) => {
        const done = await work(tx);
        const marked = await markApplied(tx, claim);
        if (marked === 'lost') {
          throw new RightcallError(
            'conflict',
            'the request of this Idempotency-Key was begun again elsewhere',
            {
              retryAfterS: 1,
            },
          );
        }
        wrote = marked === 'applied';
        return done;
      });
      if (wrote) claim.applied = true;
      return result;
    },
  };
}
