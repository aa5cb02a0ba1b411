import type { DialFacts } from '../domain/facts.ts';

/**
 * How rows become the facts of a decision (domain/facts.ts): one wording for the gate, for dry runs and for
 * explanations, so that none of them can see something else. Each is an aggregate over rows under the alias it names.
 */

/** A column of instants as epoch ms. */
export const MS = (column: string) => `round(extract(epoch FROM ${column}) * 1000)::bigint`;

/** Whose rules bind a line, as it is on record now; null: no line. `$1` is the tenant. */
const VENDOR = (carrierId: string) => `(SELECT coalesce(v.vendor, v.kind) FROM carriers v
                                        WHERE v.tenant_id = $1 AND v.id = ${carrierId})`;

/** Over `consent_events e`. */
export const CONSENT_FACTS = `json_agg(json_build_object(
                 'eventId', e.id, 'kind', e.kind, 'purposes', e.purposes, 'channels', e.channels, 'level', e.level,
                 'source', e.source, 'occurredAt', ${MS('e.occurred_at')}, 'recordedAt', ${MS('e.recorded_at')},
                 'expiresAt', ${MS('e.expires_at')}, 'widens', e.widens,
                 'seller', e.seller, 'technologies', e.technologies, 'separate', e.separate,
                 'guardian', e.guardian_id IS NOT NULL, 'number', encode(e.number_hash, 'hex'),
                 'ownershipVerifiedAt', ${MS('e.ownership_verified_at')}, 'renewedFrom', e.renewed_from) ORDER BY e.occurred_at, e.recorded_at, e.id)`;

/** Over `suppressions s`. */
export const SUPPRESSION_FACTS = `json_agg(json_build_object(
                 'entryId', s.id, 'list', s.list, 'scope', s.scope, 'campaignId', s.campaign_id, 'purpose', s.purpose,
                 'channels', s.channels, 'category', s.category, 'source', s.source, 'requestedByPerson', s.requested_by_person,
                 'recordedAt', ${MS('s.recorded_at')},
                 'validFrom', ${MS('s.valid_from')}, 'validUntil', ${MS('s.valid_until')}) ORDER BY s.id)`;

/** Over `suppression_lists l`. */
export const LIST_FACTS = `json_agg(json_build_object('list', l.list, 'asOf', ${MS('l.as_of')}) ORDER BY l.list)`;

/**
 * Over `attempts a LEFT JOIN calls k`. @param known until when it was recorded (SQL); null: now
 */
export const attemptFactsSql = (known: string | null) => `json_agg(json_build_object(
                 'attemptId', a.id, 'campaignId', a.campaign_id, 'purpose', a.purpose, 'channel', a.channel,
                 'number', encode(a.number_hash, 'hex'), 'carrierId', a.carrier_id,
                 'vendor', ${VENDOR('a.carrier_id')}, 'debt', a.debt, 'subject', a.subject, 'at', ${MS('a.rang_at')},
                 'connectedAt', ${MS('k.answered_at')}, 'endedAt', ${MS('a.ended_at')},
                 'conversation', a.conversation, 'outcome', a.outcome, 'disposition', a.disposition,
                 'abandonedAt', (SELECT ${MS('g.abandoned_at')} FROM agent_calls g
                                 WHERE g.tenant_id = $1 AND g.attempt_id = a.id AND g.state = 'abandoned'${
                                   known === null ? '' : ` AND g.abandoned_at <= ${known}`
                                 }))
                 ORDER BY a.rang_at, a.id)`;

/** Over `attested_facts f`. */
const ATTESTATION_FACTS = `json_agg(json_build_object(
                 'attestationId', f.id, 'kind', f.kind, 'name', f.name, 'jurisdiction', f.jurisdiction, 'detail', f.detail,
                 'validFrom', ${MS('f.valid_from')}, 'validUntil', ${MS('f.valid_until')},
                 'recordedAt', ${MS('f.recorded_at')}) ORDER BY f.kind, f.name, f.id)`;

/** What is on record that holds for all contacts of a campaign. */
export interface StandingFacts {
  readonly vendor: string | null;
  readonly callerId: DialFacts['callerId'];
  readonly dialogue: DialFacts['dialogue'];
  /** Those of the scripts that an experiment of the campaign tries; null: it tries none. */
  readonly armDialogues: readonly NonNullable<DialFacts['dialogue']>[] | null;
  readonly attestations: DialFacts['attestations'] | null;
  readonly abandonment: DialFacts['abandonment'] | null;
}

/** Hours and days before the present one over which calls are counted: a day and a month, as rules have it, at the least. */
const ABANDONMENT_PERIODS = `(VALUES ('hour', interval '24 hours'), ('day', interval '30 days'))`;

/**
 * How a campaign's calls that agents take went, and the tenant's: over a day and over a month, up to `at`. The hour or day
 * in which the period begins counts whole, so that figures cover what a rule asks for. Null where no agent takes any.
 */
const abandonmentSql = (definition: string, campaignId: string, at: string) =>
  `CASE WHEN jsonb_typeof(${definition}->'agents') = 'object' THEN (${abandonmentFigures(campaignId, at)}) END`;

/** The same of a campaign whose calls agents take. */
export const abandonmentFigures = (campaignId: string, at: string) => `
      SELECT json_agg(json_build_object(
               'scope', s.scope, 'from', ${MS('p.from_at')}, 'to', ${MS(at)},
               'calls', coalesce(n.calls, 0), 'answers', coalesce(n.answers, 0),
               'liveAnswers', coalesce(n.live, 0), 'abandoned', coalesce(n.abandoned, 0))
               ORDER BY s.scope, p.width)
      FROM (VALUES ('campaign'), ('tenant')) AS s (scope)
      CROSS JOIN (SELECT w.width, date_trunc(w.width, ${at} - w.length, 'UTC') AS from_at
                  FROM ${ABANDONMENT_PERIODS} AS w (width, length)) AS p
      CROSS JOIN LATERAL (
        SELECT sum(c.calls)::int AS calls, sum(c.answers)::int AS answers, sum(c.live_answers)::int AS live,
               sum(c.abandoned)::int AS abandoned
        FROM answer_counts c
        WHERE c.tenant_id = $1 AND c.width = p.width AND c.from_at >= p.from_at AND c.from_at <= ${at}
          AND (s.scope = 'tenant' OR c.campaign_id = ${campaignId})) AS n`;

/** What a script declares, of its version `w`. */
const DIALOGUE = `json_build_object('scriptId', w.script_id, 'version', w.version,
  'discloses', w.document->'declares'->'discloses', 'optOut', w.document->'declares'->'optOut',
  'aiLabel', w.document->'declares'->'aiLabel')`;
const ofScript = (reference: string) =>
  `w.tenant_id = $1 AND w.script_id = (${reference}->>'id')::uuid AND w.version = (${reference}->>'version')::int
   AND jsonb_typeof(w.document->'declares') = 'object'`;

/**
 * One value, a `StandingFacts`, of expressions: the campaign's `definition` and id, its line's id, the instant of the
 * decision, since when what has ended is
 * still told (rules tell expired from missing), and until when it was recorded; null: now. `$1` is the tenant. A proof of
 * a caller id is read only where it is the one shown: a tenant may hold thousands.
 */
export function standingFactsSql(of: {
  readonly definition: string;
  readonly campaignId: string;
  readonly carrierId: string;
  readonly at: string;
  readonly since: string;
  readonly known: string | null;
}): string {
  const { definition, campaignId, carrierId, at, since, known } = of;
  const live =
    known === null
      ? 'f.retracted_at IS NULL AND f.superseded_at IS NULL'
      : `f.recorded_at <= ${known} AND (f.retracted_at IS NULL OR f.retracted_at > ${known})
           AND (f.superseded_at IS NULL OR f.superseded_at > ${known})`;
  const caller = `FROM caller_numbers b WHERE b.tenant_id = $1 AND b.number = ${definition}->>'callerId'`;
  return `json_build_object(
    'vendor', ${VENDOR(carrierId)},
    'callerId', (SELECT json_build_object('pseudonym', encode(b.number_hash, 'hex'), 'country', b.country,
                                          'type', b.number_type, 'prefix', b.prefix) ${caller}),
    'dialogue', (SELECT ${DIALOGUE} FROM script_versions w WHERE ${ofScript(`${definition}->'script'`)}),
    'armDialogues', CASE WHEN jsonb_typeof(${definition}#>'{rules,experiments,script}') = 'array' THEN (
                      SELECT json_agg(${DIALOGUE})
                      FROM jsonb_array_elements(${definition}#>'{rules,experiments,script}') AS e (arm)
                      JOIN script_versions w ON ${ofScript(`e.arm->'script'`)}) END,
    'abandonment', ${abandonmentSql(definition, campaignId, at)},
    'attestations', (SELECT ${ATTESTATION_FACTS} FROM attested_facts f
                     WHERE f.tenant_id = $1 AND ${live} AND (f.valid_until IS NULL OR f.valid_until > ${since})
                       AND (f.kind <> 'caller_id' OR f.name = (SELECT encode(b.number_hash, 'hex') ${caller}))))`;
}
