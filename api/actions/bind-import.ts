import type { Database } from '../../db/client.ts';
import { numbersUnderWayOnList } from '../../db/repositories/under-way.ts';
import { stopDialling, type StopAck } from '../../db/stop.ts';
import type { Clock } from '../../domain/clock.ts';

interface BindDeps {
  readonly db: Database;
  readonly clock: Clock;
}

interface Said {
  readonly tenantId: string;
  readonly by: string;
  readonly importId: string;
}

/** What the import stored binds by itself; a stop only has to see to calls that were allowed before it. */
const ALREADY_STORED = () => Promise.resolve();

/**
 * See to it that a do-not-call list that was just taken in holds for calls under way as well (I3): unused permits to
 * its numbers are taken back, what rings is hung up. As many stops as there are such calls, however long the list.
 */
export async function bindDoNotCallList(deps: BindDeps, said: Said, list: string): Promise<StopAck[]> {
  const numbers = await deps.db.inTenant(said.tenantId, (tx) =>
    numbersUnderWayOnList(tx, list, deps.clock.now()),
  );
  return Promise.all(
    numbers.map(({ numberHash, personId }) =>
      stopDialling(
        deps.db,
        deps.clock,
        {
          tenantId: said.tenantId,
          kind: 'suppression',
          scope: 'number',
          targetId: personId,
          numberHash,
          by: said.by,
          detail: { list, importId: said.importId },
        },
        ALREADY_STORED,
      ),
    ),
  );
}

/** The same for persons whose withdrawal came in a contact list. @param personIds those with a call under way */
export async function bindWithdrawals(
  deps: BindDeps,
  said: Said,
  personIds: readonly string[],
): Promise<StopAck[]> {
  return Promise.all(
    personIds.map((personId) =>
      stopDialling(
        deps.db,
        deps.clock,
        {
          tenantId: said.tenantId,
          kind: 'withdrawal',
          scope: 'person',
          targetId: personId,
          by: said.by,
          detail: { importId: said.importId },
        },
        ALREADY_STORED,
      ),
    ),
  );
}
