/**
 * How rows become the facts of a decision (domain/facts.ts): one wording for the gate, for dry runs and for
 * explanations, so that none of them can see something else. Each is an aggregate over rows under the alias it names.
 */

/** A column of instants as epoch ms. */
export const MS = (column: string) => `round(extract(epoch FROM ${column}) * 1000)::bigint`;

/** Over `consent_events e`. */
export const CONSENT_FACTS = `json_agg(json_build_object(
                 'eventId', e.id, 'kind', e.kind, 'purposes', e.purposes, 'channels', e.channels, 'level', e.level,
                 'source', e.source, 'occurredAt', ${MS('e.occurred_at')}, 'recordedAt', ${MS('e.recorded_at')},
                 'expiresAt', ${MS('e.expires_at')}, 'widens', e.widens,
                 'seller', NULL, 'technologies', '[]'::json, 'separate', '[]'::json, 'guardian', false, 'number', NULL,
                 'ownershipVerifiedAt', NULL, 'renewedFrom', NULL) ORDER BY e.occurred_at, e.recorded_at, e.id)`;

/** Over `suppressions s`. */
export const SUPPRESSION_FACTS = `json_agg(json_build_object(
                 'entryId', s.id, 'list', s.list, 'scope', s.scope, 'campaignId', s.campaign_id, 'purpose', s.purpose,
                 'channels', '[]'::json, 'category', NULL, 'source', s.source, 'requestedByPerson', s.requested_by_person, 'recordedAt', ${MS('s.recorded_at')},
                 'validFrom', ${MS('s.valid_from')}, 'validUntil', ${MS('s.valid_until')}) ORDER BY s.id)`;

/** Over `suppression_lists l`. */
export const LIST_FACTS = `json_agg(json_build_object('list', l.list, 'asOf', ${MS('l.as_of')}) ORDER BY l.list)`;

/** Over `attempts a LEFT JOIN calls k`. */
export const ATTEMPT_FACTS = `json_agg(json_build_object(
                 'attemptId', a.id, 'campaignId', a.campaign_id, 'purpose', a.purpose, 'channel', a.channel,
                 'number', encode(a.number_hash, 'hex'), 'carrierId', a.carrier_id,
                 'vendor', NULL, 'debt', NULL, 'subject', NULL, 'at', ${MS('a.rang_at')},
                 'connectedAt', ${MS('k.answered_at')}, 'endedAt', ${MS('a.ended_at')},
                 'conversation', a.conversation, 'outcome', a.outcome, 'disposition', a.disposition)
                 ORDER BY a.rang_at, a.id)`;
