import type { ConsentFact } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Channel, Purpose } from '../domain/vocabulary.ts';
import { consentState, grantAt, type ConsentQuestion } from './consents.ts';

/** A purpose, with the channels for which a grant is in force for it. */
export interface ConsentScope {
  readonly purpose: Purpose;
  readonly channels: readonly Channel[];
}

/** No keyed pseudonym: asks for a consent that is for the person whatever the number. */
const WHATEVER_NUMBER = '';

/**
 * For which purposes and channels a grant is still what a rule would go by at `t`, if the rule asked for all that the
 * grant says: its level, seller, kinds of call, separate matter, guardian and number. A withdrawal ends it, and a later
 * grant takes its place only where that says as much; a weaker one takes nothing away (ConsentState). Asked of the same
 * code as rules ask, so that a list of consents cannot see them differently.
 * @param consents all of the person's events
 */
export function scopeInForce(
  grant: ConsentFact,
  consents: readonly ConsentFact[],
  t: EpochMs,
): readonly ConsentScope[] {
  return grant.purposes.flatMap((purpose) => {
    const asked = questionsOf(grant, purpose);
    const channels = grant.channels.filter((channel) =>
      asked.some((question) => {
        const state = consentState({ consents: [...consents], channel }, question);
        return grantAt(state, t)?.eventId === grant.eventId;
      }),
    );
    return channels.length === 0 ? [] : [{ purpose, channels }];
  });
}

/** A question asks for one separate matter and one permission at most: one for each that the grant names. */
function questionsOf(grant: ConsentFact, purpose: Purpose): ConsentQuestion[] {
  return orNone(grant.separate).flatMap((separate) =>
    orNone(grant.widens).map((widens) => ({
      purposes: [purpose],
      level: grant.level,
      maxAgeMs: null,
      widens,
      seller: grant.seller,
      technologies: grant.technologies,
      separate,
      guardian: grant.guardian,
      number: grant.number ?? WHATEVER_NUMBER,
      ownershipMaxAgeMs: null,
    })),
  );
}

function orNone<T>(all: readonly T[]): readonly (T | null)[] {
  return all.length === 0 ? [null] : all;
}
