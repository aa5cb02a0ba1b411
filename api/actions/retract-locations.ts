import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { heldContactsOf, lookAgain } from '../../db/repositories/contacts.ts';
import { retractLocations as retract } from '../../db/repositories/locations.ts';
import type { Clock } from '../../domain/clock.ts';
import { invalidInput, notFound } from '../../domain/failures.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import type { EpochMs } from '../../domain/time.ts';
import { PLACE_RETRACTED, waitKindOf } from '../../gate/why-not-due.ts';

/**
 * Take back stated evidence of where a person is, with who, when and why. Their contacts that a rule put off or denied
 * are looked at again: any rule may have asked for it on account of that place. The gate decides, by all evidence that
 * is left.
 * @throws RightcallError `not_found` without the person or a number, `invalid_input` naming each id that is none.
 */
export async function retractLocations(
  deps: { readonly db: Database; readonly clock: Clock },
  said: Author & { readonly tenantId: string },
  asked: { readonly personId: string; readonly ids: readonly string[]; readonly reason: string },
): Promise<{
  retracted: readonly LocationEvidence[];
  locations: readonly LocationEvidence[];
  lookedAtAgain: number;
}> {
  const { personId, ids, reason } = asked;
  return deps.db.inTenant(said.tenantId, async (tx) => {
    // A decision about the person is made before this or after it.
    await lockPerson(tx, personId);
    const done = await retract(tx, personId, new Set(ids));
    if (done === null) throw notFound('the person, or a number of theirs');
    const faults = ids.flatMap((id, i) =>
      done.missing.has(id)
        ? [fault(i, 'is no evidence on record of this person', 'an id that rightcall person locations lists')]
        : done.ofNumber.has(id)
          ? [fault(i, 'is what the number itself says', 'evidence that was declared, or is of an address')]
          : [],
    );
    if (faults.length > 0) throw invalidInput(faults);
    const at = deps.clock.now();
    const lookedAtAgain = await lookAtContacts(tx, personId, at);
    await recordChange(tx, {
      by: said.by,
      requestId: said.requestId,
      action: 'retractLocations',
      resource: 'person',
      resourceId: personId,
      before: { locations: done.retracted },
      after: { retracted: done.retracted.length, lookedAtAgain },
      reason,
      at,
    });
    if (lookedAtAgain > 0) await notifyWork(tx);
    return { retracted: done.retracted, locations: done.locations, lookedAtAgain };
  });
}

async function lookAtContacts(tx: Tx, personId: string, at: EpochMs): Promise<number> {
  const held = await heldContactsOf(tx, personId, at);
  const byRule = held.filter(
    ({ state, reason }) => state === 'denied' || (reason !== null && waitKindOf(reason) === 'rule'),
  );
  await lookAgain(
    tx,
    byRule.map(({ id }) => id),
    { reason: PLACE_RETRACTED, at },
  );
  return byRule.length;
}

const fault = (index: number, what: string, expected: string) => ({
  field: `ids.${index}`,
  fault: what,
  expected,
});
