import type { Database, Tx } from '../../db/client.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { contactById, numbersOfPersons, type PersonNumber } from '../../db/repositories/contacts.ts';
import { REVEALS_PER_HOUR, takeReveal } from '../../db/repositories/reveals.ts';
import type { Attributes, PersonSealer, Profile } from '../../db/vault/index.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, notFound } from '../../domain/failures.ts';
import type { ApiVault } from '../deps.ts';

export const REVEALED_FIELDS = ['numbers', 'profile', 'attributes'] as const;
export type RevealedField = (typeof REVEALED_FIELDS)[number];

export interface RevealRequest extends Author {
  readonly tenantId: string;
  readonly personId: string;
  readonly fields: readonly RevealedField[];
  /** Contact of the person whose attributes are asked for; null unless they are. */
  readonly contactId: string | null;
  readonly reason: string;
}

export interface Revealed {
  readonly numbers: readonly string[] | null;
  readonly profile: Profile | null;
  readonly attributes: Attributes | null;
}

interface RevealDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: ApiVault;
}

/**
 * A person's data in full. That it was looked at, by whom and why, is recorded in the transaction that reads it, so that
 * nothing is shown that is not on record; the values never are.
 * @throws RightcallError `not_found`; `refused` for a person who was erased; `rate_limited` over the hourly share.
 */
export async function revealPerson(deps: RevealDeps, request: RevealRequest): Promise<Revealed> {
  const { tenantId, personId } = request;
  // The key is looked up first: nobody should wait for a connection while they hold one.
  const sealer = (await deps.vault.sealersOf(tenantId, [personId])).get(personId);
  try {
    return await deps.db.inTenant(tenantId, async (tx) => {
      const sealed = await readSealed(tx, request);
      if (sealer === undefined) throw new RightcallError('refused', 'the person was erased');
      const over = await takeReveal(tx, request.by);
      if (over !== null) {
        throw new RightcallError(
          'rate_limited',
          `these credentials have looked at ${REVEALS_PER_HOUR} persons' data within the hour`,
          { retryAfterS: over.retryAfterS },
        );
      }
      await recordChange(tx, {
        by: request.by,
        requestId: request.requestId,
        action: 'revealPerson',
        resource: 'person',
        resourceId: personId,
        before: null,
        after: {
          fields: request.fields,
          ...(request.contactId === null ? {} : { contactId: request.contactId }),
        },
        reason: request.reason,
        at: deps.clock.now(),
      });
      return open(sealer, sealed, request);
    });
  } finally {
    sealer?.dispose();
  }
}

interface Sealed {
  readonly numbers: readonly PersonNumber[];
  readonly profile: Buffer | null;
  readonly attributes: Buffer | null;
}

async function readSealed(tx: Tx, request: RevealRequest): Promise<Sealed> {
  const persons = await tx.query<{ profile: Buffer | null }>(
    'SELECT profile FROM persons WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, request.personId],
  );
  if (persons[0] === undefined) throw notFound('the person');
  let attributes: Buffer | null = null;
  if (request.contactId !== null) {
    const contact = await contactById(tx, request.contactId);
    if (contact === null || contact.personId !== request.personId)
      throw notFound('the contact of the person');
    attributes = contact.attributes;
  }
  return { numbers: await numbersOfPersons(tx, [request.personId]), profile: persons[0].profile, attributes };
}

function open(sealer: PersonSealer, sealed: Sealed, request: RevealRequest): Revealed {
  const wants = (field: RevealedField) => request.fields.includes(field);
  return {
    numbers: wants('numbers') ? sealed.numbers.map((number) => sealer.openNumber(number.sealedNumber)) : null,
    profile: wants('profile') && sealed.profile !== null ? sealer.openProfile(sealed.profile) : null,
    attributes:
      wants('attributes') && sealed.attributes !== null && request.contactId !== null
        ? sealer.openAttributes(request.contactId, sealed.attributes)
        : null,
  };
}
