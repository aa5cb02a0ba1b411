import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { dialFactsSchema, type DialFacts } from '../../domain/facts.ts';
import { attemptIdOf } from '../../domain/ids.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { AttemptState } from '../../domain/vocabulary.ts';
import {
  canonicalHash,
  compilePolicySet,
  evaluate,
  toStored,
  type CompiledPolicySet,
  type PolicyDocument,
} from '../../policies/index.ts';
import { facts } from '../policies/support.ts';

/** Monday 2026-11-23, 10:00 in Shanghai: inside the windows of the test's packs. */
export const MONDAY_10_SHANGHAI = Date.parse('2026-11-23T02:00:00Z');
/** The machine's clock when the first attempt was claimed. */
export const REAL_START = Date.parse('2026-11-22T20:00:00Z');

export interface AttemptSpec {
  /** Engine clock, ms after MONDAY_10_SHANGHAI; real instants lie as long after REAL_START. */
  readonly afterMs: number;
  readonly state?: AttemptState;
  readonly earlierAttempts?: DialFacts['attempts'];
}

/** Writes a history as the engine would, row by row, as the tables' owner: whom nothing keeps from lying. */
export class History {
  readonly tenantId = uuidv7();
  readonly campaignId = uuidv7();
  readonly carrierId = uuidv7();
  readonly policySet: CompiledPolicySet;
  readonly logLines: string[] = [];
  readonly #client: pg.Client;
  readonly #documents: readonly PolicyDocument[];

  constructor(client: pg.Client, documents: readonly PolicyDocument[]) {
    this.#client = client;
    this.#documents = documents;
    this.policySet = compilePolicySet(documents);
  }

  async begin(): Promise<void> {
    const stored = this.#documents.map(toStored);
    await this.insert('tenants', {
      id: this.tenantId,
      slug: this.tenantId,
      name: 'Test',
      created_real: REAL_START,
    });
    await this.insert('campaigns', {
      tenant_id: this.tenantId,
      id: this.campaignId,
      name: 'Test',
      status: 'running',
      definition: {},
      revision: 1,
      created_at: MONDAY_10_SHANGHAI,
    });
    for (const document of stored) {
      await this.insert('policy_documents', {
        tenant_id: this.tenantId,
        hash: document.hash,
        kind: document.kind,
        document_id: document.documentId,
        version: document.version,
        body: document.body,
        created_at: MONDAY_10_SHANGHAI,
      });
    }
    await this.insert('policy_sets', {
      tenant_id: this.tenantId,
      hash: this.policySet.hash,
      document_hashes: stored.map((document) => document.hash),
      created_at: MONDAY_10_SHANGHAI,
    });
    await this.insert('policy_activations', {
      tenant_id: this.tenantId,
      set_hash: this.policySet.hash,
      activated_at: MONDAY_10_SHANGHAI,
      activated_by: 'engine',
    });
  }

  async contact(state = 'completed', personId = uuidv7()): Promise<{ contactId: string; personId: string }> {
    const contactId = uuidv7();
    await this.query(
      `INSERT INTO persons (tenant_id, id, created_real, updated_real) VALUES ($1, $2, $3, $3) ON CONFLICT DO NOTHING`,
      [this.tenantId, personId, iso(REAL_START)],
    );
    await this.insert('contacts', {
      tenant_id: this.tenantId,
      id: contactId,
      campaign_id: this.campaignId,
      person_id: personId,
      state,
      rank: 20,
      priority: 5,
      ready_at: MONDAY_10_SHANGHAI,
      admissions: 0,
      attempts: 0,
      counted_attempts: 0,
      workflow_open: false,
      wake_pending: false,
      created_at: MONDAY_10_SHANGHAI,
      updated_at: MONDAY_10_SHANGHAI,
    });
    return { contactId, personId };
  }

  factsFor(ids: { contactId: string; personId: string }, earlier: DialFacts['attempts'] = []): DialFacts {
    return dialFactsSchema.parse({
      ...facts(),
      tenantId: this.tenantId,
      campaignId: this.campaignId,
      ...ids,
      carrierId: this.carrierId,
      number: { ...facts().number, pseudonym: numberOf(ids.personId) },
      attempts: earlier,
    });
  }

  async decision(
    ids: { contactId: string; personId: string },
    admission: number,
    at: number,
    given: { facts?: DialFacts; stage?: 'admission' | 'dial'; recordedReal?: number } = {},
  ): Promise<{ decisionId: string; until: number | null; facts: DialFacts }> {
    const decisionId = uuidv7();
    const seen = given.facts ?? this.factsFor(ids);
    const evaluation = evaluate({ policySet: this.policySet, facts: seen, at, horizonMs: 800 });
    const until = evaluation.verdict.kind === 'deny' ? null : evaluation.verdict.until;
    await this.insert('decisions', {
      tenant_id: this.tenantId,
      id: decisionId,
      campaign_id: this.campaignId,
      contact_id: ids.contactId,
      person_id: ids.personId,
      stage: given.stage ?? 'dial',
      admission,
      at,
      recorded_real: given.recordedReal ?? realOf(at),
      horizon_ms: 800,
      verdict: evaluation.verdict.kind,
      until,
      reasons: evaluation.reasons,
      engine: evaluation.engine,
      policy_set_hash: evaluation.policySetHash,
      facts: seen,
      facts_hash: canonicalHash(seen),
      results: JSON.stringify(evaluation.results),
    });
    return { decisionId, until, facts: seen };
  }

  /** An attempt that the gate allowed, sent, rang and ended, with its line in the carrier's log. */
  async attempt(
    ids: { contactId: string; personId: string },
    n: number,
    spec: AttemptSpec,
  ): Promise<{ attemptId: string; decisionId: string }> {
    const claimedAt = MONDAY_10_SHANGHAI + spec.afterMs;
    const { decisionId, until } = await this.decision(ids, n, claimedAt, {
      facts: this.factsFor(ids, spec.earlierAttempts ?? []),
    });
    const state = spec.state ?? 'ended';
    const sent = state === 'sent' || state === 'ended';
    const attemptId = attemptIdOf(ids.contactId, n);
    await this.insert('attempts', {
      tenant_id: this.tenantId,
      id: attemptId,
      contact_id: ids.contactId,
      campaign_id: this.campaignId,
      person_id: ids.personId,
      number_hash: Buffer.from(numberOf(ids.personId), 'hex'),
      n,
      admission: n,
      decision_id: decisionId,
      purpose: 'marketing',
      channel: 'voice',
      carrier_id: this.carrierId,
      carrier_ref: sent ? `ref-${attemptId}` : null,
      state,
      fence: 1,
      lease_until_real: realOf(claimedAt) + 2_000,
      allow_until: until,
      claimed_at: claimedAt,
      claimed_real: realOf(claimedAt),
      sending_at: sent ? claimedAt + 50 : null,
      sending_real: sent ? realOf(claimedAt + 50) : null,
      sent_at: sent ? claimedAt + 90 : null,
      ended_at: state === 'ended' ? claimedAt + MINUTE_MS : null,
      rang_at: sent ? claimedAt + 90 : claimedAt,
      outcome: state === 'ended' ? 'no_answer' : null,
      conversation: false,
      reported_real: state === 'ended' ? realOf(claimedAt + MINUTE_MS) : null,
    });
    if (sent) this.logDial(attemptId, claimedAt + 70);
    return { attemptId, decisionId };
  }

  logDial(attemptId: string | null, at: number, result = 'accepted'): void {
    this.logLines.push(
      JSON.stringify({
        kind: 'dial',
        at: iso(realOf(at)),
        simulatedAt: iso(at),
        attemptId,
        to: '+12025550123',
        from: '+12025550100',
        result,
      }),
    );
  }

  async stop(values: Record<string, unknown>): Promise<void> {
    await this.insert('stop_requests', {
      tenant_id: this.tenantId,
      id: uuidv7(),
      at: MONDAY_10_SHANGHAI,
      requested_real: REAL_START,
      committed_real: REAL_START,
      revoked: 0,
      in_flight: 0,
      requested_by: 'test',
      detail: {},
      ...values,
    });
  }

  async query(text: string, values: readonly unknown[] = []): Promise<void> {
    const { rowCount } = await this.#client.query(text, [...values]);
    if (rowCount === 0) throw new Error(`changed nothing: ${text}`);
  }

  /** Numbers of a column that is an instant are epoch ms. */
  async insert(table: string, row: Record<string, unknown>): Promise<void> {
    const names = Object.keys(row);
    const values = names.map((name) => {
      const value = row[name];
      const isInstant = /(_at|_real|_until|_from)$|^(at|until)$/.test(name);
      if (isInstant && typeof value === 'number') return iso(value);
      return value;
    });
    const places = names.map((_, index) => `$${index + 1}`);
    await this.query(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`, values);
  }
}

export function realOf(at: number): number {
  return REAL_START + (at - MONDAY_10_SHANGHAI);
}

/** A keyed pseudonym for the person's number. */
export function numberOf(personId: string): string {
  return personId.replaceAll('-', '').padEnd(64, '0');
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
