import type { Statements } from '../client.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';

/**
 * A contact's evidence, part by part: what was decided and on which facts, what was sent, what the carrier said, what
 * the person had said, what stopped it. Each part is read in pages by its key, so that none of it need be held at once.
 */
export interface EvidencePart {
  readonly name: string;
  /** Rows beyond `after`, in order of their key. */
  page(tx: Statements, after: string | null): Promise<EvidencePage>;
}

export interface EvidencePage {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Key of the last one; null: there are no more. */
  readonly next: string | null;
}

export interface EvidenceSubject {
  readonly contactId: string;
  readonly campaignId: string;
  readonly personId: string;
  /** What was recorded later than this (real) is left out, so that the bundle is of one moment. */
  readonly readReal: EpochMs;
}

const PAGE_ROWS = 200;

/** SQL of an instant as people and programs read it. */
const ISO = (column: string) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

interface Source {
  readonly name: string;
  /** SQL of one JSON object a row. */
  readonly row: string;
  readonly from: string;
  /** Of `$1` the tenant, `$2` `of`, `$3` the moment (real). */
  readonly where: string;
  readonly of: keyof Pick<EvidenceSubject, 'contactId' | 'campaignId' | 'personId'>;
  /** Text that orders the rows, and is different for each. */
  readonly key: string;
}

const SOURCES: readonly Source[] = [
  {
    name: 'decisions',
    row: `json_build_object('id', t.id, 'stage', t.stage, 'admission', t.admission, 'at', ${ISO('t.at')},
      'recordedAt', ${ISO('t.recorded_real')}, 'horizonMs', t.horizon_ms, 'verdict', t.verdict,
      'until', ${ISO('t.until')}, 'reasons', t.reasons, 'engine', t.engine, 'policySetHash', t.policy_set_hash,
      'factsHash', t.facts_hash, 'facts', t.facts, 'results', t.results)`,
    from: 'decisions t',
    where: 't.tenant_id = $1 AND t.contact_id = $2 AND t.recorded_real <= $3',
    of: 'contactId',
    key: `${ISO('t.at')} || t.id::text`,
  },
  {
    name: 'attempts',
    row: `json_build_object('id', t.id, 'n', t.n, 'admission', t.admission, 'decisionId', t.decision_id,
      'purpose', t.purpose, 'channel', t.channel, 'carrierId', t.carrier_id, 'state', t.state, 'outcome', t.outcome,
      'disposition', t.disposition, 'reason', t.reason, 'claimedAt', ${ISO('t.claimed_at')},
      'allowUntil', ${ISO('t.allow_until')}, 'sendingAt', ${ISO('t.sending_at')}, 'sendingReal', ${ISO('t.sending_real')},
      'sentAt', ${ISO('t.sent_at')}, 'endedAt', ${ISO('t.ended_at')}, 'hangupRequestedReal',
      ${ISO('t.hangup_requested_real')}, 'hangupDoneReal', ${ISO('t.hangup_done_real')},
      'call', (SELECT json_build_object('status', k.status, 'ringingAt', ${ISO('k.ringing_at')},
         'answeredAt', ${ISO('k.answered_at')}, 'endedAt', ${ISO('k.ended_at')}, 'endedBy', k.ended_by, 'sip', k.sip,
         'q850', k.q850, 'vendorCode', k.vendor_code, 'ringS', k.ring_s, 'talkS', k.talk_s,
         'synthesized', k.synthesized) FROM calls k WHERE k.tenant_id = $1 AND k.attempt_id = t.id))`,
    from: 'attempts t',
    where: 't.tenant_id = $1 AND t.contact_id = $2 AND t.claimed_real <= $3',
    of: 'contactId',
    key: `lpad(t.n::text, 10, '0')`,
  },
  {
    name: 'callEvents',
    row: `json_build_object('eventId', t.event_id, 'attemptId', t.attempt_id, 'type', t.type, 'at', ${ISO('t.at')},
      'receivedReal', ${ISO('t.received_real')}, 'payload', t.payload - 'digits')`,
    from: 'call_events t',
    where: `t.tenant_id = $1 AND t.received_real <= $3 AND t.attempt_id = ANY (
              ARRAY(SELECT a.id FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = $2))`,
    of: 'contactId',
    key: `lpad(t.id::text, 20, '0')`,
  },
  {
    name: 'consents',
    row: `json_build_object('id', t.id, 'kind', t.kind, 'purposes', t.purposes, 'channels', t.channels, 'level', t.level,
      'basis', t.basis, 'source', t.source, 'evidenceHash', encode(t.evidence_hash, 'hex'),
      'occurredAt', ${ISO('t.occurred_at')}, 'recordedAt', ${ISO('t.recorded_at')}, 'expiresAt', ${ISO('t.expires_at')},
      'widens', t.widens, 'seller', t.seller, 'technologies', t.technologies, 'separate', t.separate,
      'guardian', t.guardian_id IS NOT NULL, 'number', encode(t.number_hash, 'hex'),
      'ownershipVerifiedAt', ${ISO('t.ownership_verified_at')}, 'renewedFrom', t.renewed_from,
      'notice', t.notice_id || '@' || t.notice_version, 'record', t.record, 'recordedBy', t.recorded_by)`,
    from: 'consent_events t',
    where: 't.tenant_id = $1 AND t.person_id = $2 AND $3::timestamptz IS NOT NULL',
    of: 'personId',
    key: `${ISO('t.recorded_at')} || t.id::text`,
  },
  {
    name: 'suppressions',
    row: `json_build_object('id', t.id, 'list', t.list, 'scope', t.scope, 'campaignId', t.campaign_id,
      'purpose', t.purpose, 'source', t.source, 'requestedByPerson', t.requested_by_person,
      'validFrom', ${ISO('t.valid_from')}, 'validUntil', ${ISO('t.valid_until')}, 'recordedAt', ${ISO('t.recorded_at')},
      'recordedBy', t.recorded_by)`,
    from: 'suppressions t',
    where: `t.tenant_id = $1 AND $3::timestamptz IS NOT NULL AND t.number_hash = ANY (
              ARRAY(SELECT n.number_hash FROM person_numbers n WHERE n.tenant_id = $1 AND n.person_id = $2))`,
    of: 'personId',
    key: 't.id::text',
  },
  {
    name: 'stops',
    row: `json_build_object('id', t.id, 'kind', t.kind, 'scope', t.scope, 'at', ${ISO('t.at')},
      'requestedReal', ${ISO('t.requested_real')}, 'committedReal', ${ISO('t.committed_real')},
      'acknowledgedReal', ${ISO('t.acknowledged_real')}, 'revoked', t.revoked, 'inFlight', t.in_flight,
      'requestedBy', t.requested_by, 'detail', t.detail - 'numberHash')`,
    from: 'stop_requests t',
    where: `t.tenant_id = $1 AND t.committed_real <= $3 AND t.target_id IN (
              SELECT unnest(ARRAY[c.id, c.person_id, c.campaign_id, c.tenant_id]) FROM contacts c
              WHERE c.tenant_id = $1 AND c.id = $2)`,
    of: 'contactId',
    key: 't.id::text',
  },
  {
    name: 'callbacks',
    row: `json_build_object('id', t.id, 'from', ${ISO('t.from_at')}, 'until', ${ISO('t.until_at')}, 'status', t.status,
      'reason', t.reason, 'steps', t.steps, 'attemptId', t.attempt_id, 'askedBy', t.asked_by, 'createdBy', t.created_by, 'createdAt', ${ISO('t.created_at')},
      'settledAt', ${ISO('t.settled_at')})`,
    from: 'callbacks t',
    where: 't.tenant_id = $1 AND t.contact_id = $2 AND $3::timestamptz IS NOT NULL',
    of: 'contactId',
    key: 't.id::text',
  },
  {
    name: 'campaignRevisions',
    row: `json_build_object('revision', t.revision, 'definition', t.definition,
      'changedBy', t.changed_by, 'changedAt', ${ISO('t.changed_at')})`,
    from: 'campaign_revisions t',
    where: 't.tenant_id = $1 AND t.campaign_id = $2 AND $3::timestamptz IS NOT NULL',
    of: 'campaignId',
    key: `lpad(t.revision::text, 10, '0')`,
  },
  {
    name: 'policySets',
    row: `json_build_object('hash', t.hash, 'documents', (
      SELECT json_agg(json_build_object('hash', d.hash, 'kind', d.kind, 'id', d.document_id, 'version', d.version)
                      ORDER BY array_position(t.document_hashes, d.hash))
      FROM policy_documents d WHERE d.tenant_id = $1 AND d.hash = ANY (t.document_hashes)))`,
    from: 'policy_sets t',
    where: `t.tenant_id = $1 AND t.hash IN (SELECT DISTINCT e.policy_set_hash FROM decisions e
              WHERE e.tenant_id = $1 AND e.contact_id = $2 AND e.recorded_real <= $3)`,
    of: 'contactId',
    key: 't.hash',
  },
  {
    name: 'policyDocuments',
    // The very bytes that were hashed, as text: parsed and written again they could hash to something else.
    row: `json_build_object('hash', t.hash, 'kind', t.kind, 'id', t.document_id, 'version', t.version, 'body', t.body)`,
    from: 'policy_documents t',
    where: `t.tenant_id = $1 AND t.hash IN (
              SELECT unnest(s.document_hashes) FROM policy_sets s WHERE s.tenant_id = $1 AND s.hash IN (
                SELECT DISTINCT e.policy_set_hash FROM decisions e
                WHERE e.tenant_id = $1 AND e.contact_id = $2 AND e.recorded_real <= $3))`,
    of: 'contactId',
    key: 't.hash',
  },
];

/** The parts of a contact's evidence, in the order in which they are told. */
export function evidenceParts(subject: EvidenceSubject): EvidencePart[] {
  return SOURCES.map((source) => ({
    name: source.name,
    page: async (tx, after) => {
      const rows = await tx.query<{ row: Record<string, unknown>; key: string }>(
        `SELECT ${source.row} AS row, ${source.key} AS key FROM ${source.from}
         WHERE ${source.where} AND ($4::text IS NULL OR ${source.key} COLLATE "C" > $4)
         ORDER BY ${source.key} COLLATE "C" LIMIT ${PAGE_ROWS}`,
        [tx.tenantId, subject[source.of], toIso(subject.readReal), after],
      );
      return {
        rows: rows.map(({ row }) => row),
        next: rows.length < PAGE_ROWS ? null : rows.at(-1)!.key,
      };
    },
  }));
}
