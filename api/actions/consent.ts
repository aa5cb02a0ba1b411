import type { Database } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import type { Author } from '../../db/repositories/changes.ts';
import { recordConsentChange } from '../../db/repositories/consent-changes.ts';
import { appendConsentEvent, type ConsentEventInput } from '../../db/repositories/consents.ts';
import { personExists, reopenForConsent } from '../../db/repositories/contacts.ts';
import { withdraw } from '../../db/withdrawal.ts';
import type { Clock } from '../../domain/clock.ts';
import { notFound } from '../../domain/failures.ts';
import { completeGrant } from './grant-record.ts';

interface ConsentActionDeps {
  readonly db: Database;
  readonly clock: Clock;
}

interface Said extends Author {
  readonly tenantId: string;
}

/**
 * Record a grant. Contacts of the person that were denied for want of consent, in campaigns that go on, wait again:
 * the gate decides them anew, by everything known then.
 * @throws RightcallError `not_found` where there is no such person, `invalid_input` where the grant contradicts itself
 * or what is on record.
 */
export async function grantConsent(
  deps: ConsentActionDeps,
  said: Said,
  stated: Omit<ConsentEventInput, 'kind'>,
): Promise<{ eventId: string; created: boolean; reopenedContacts: number }> {
  return deps.db.inTenant(said.tenantId, async (tx) => {
    if (!(await personExists(tx, stated.personId))) throw notFound('the person');
    const at = deps.clock.now();
    const grant = await completeGrant(tx, stated, at);
    const event = await appendConsentEvent(tx, { ...grant, kind: 'grant' }, { at, by: said.by });
    const reopenedContacts = event.created ? await reopenForConsent(tx, { ...grant, at }) : 0;
    if (event.created) {
      await recordConsentChange(tx, said, 'grantConsent', grant, { ...event, at, reopenedContacts });
    }
    if (reopenedContacts > 0) await notifyWork(tx);
    return { ...event, reopenedContacts };
  });
}

/** What somebody says who asks for a withdrawal; a grant's parts are none of theirs. */
export type AskedWithdrawal = Omit<ConsentEventInput, 'kind' | keyof typeof BY_REQUEST>;

const BY_REQUEST = { level: 'implied', basis: 'withdrawal', expiresAt: null, widens: [] } as const;

/**
 * Withdraw by request: see db/withdrawal.ts, which every way in leads to.
 * @throws RightcallError `not_found` where there is no such person.
 */
export async function withdrawConsent(
  deps: ConsentActionDeps,
  said: Said,
  withdrawal: AskedWithdrawal,
): ReturnType<typeof withdraw> {
  return withdraw(deps.db, deps.clock, said, { ...withdrawal, ...BY_REQUEST, endsAs: 'consent.withdrawn' });
}
