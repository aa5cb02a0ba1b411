import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../audit/verify.ts';
import type { AuditVerdict, InvariantId } from '../../audit/verdict.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { housePack, pack, rule } from '../policies/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { History, iso, MONDAY_10_SHANGHAI, numberOf, realOf } from './history.ts';

let database: TestDatabase;
let db: Database;
let client: pg.Client;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 2 });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  folder = await mkdtemp(join(tmpdir(), 'rightcall-audit-'));
});

afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const DOCUMENTS = [
  pack([
    rule(
      'test.hours',
      'calling_window',
      { windows: { daily: ['09:00-20:00'] } },
      { reasonCode: 'window.closed' },
    ),
  ]),
  housePack([
    rule('test.cap', 'frequency_cap', {
      count: 2,
      window: { rolling: { hours: 24 } },
      unit: 'attempt',
      key: 'person',
    }),
  ]),
];

const AGENT = '11111111-1111-4111-8111-111111111111';
let history: History;
let first: { contactId: string; personId: string };
let sent: { attemptId: string; decisionId: string };

/** Two contacts: one called, one denied before it was ever called; and a pause that was lifted in between. */
beforeEach(async () => {
  history = new History(client, DOCUMENTS);
  await history.begin();
  first = await history.contact();
  sent = await history.attempt(first, 1, { afterMs: 0 });
  await history.attempt(first, 2, { afterMs: 2 * HOUR_MS });
  const second = await history.contact('waiting');
  await history.decision(second, 1, MONDAY_10_SHANGHAI + 11 * HOUR_MS, { stage: 'admission' });
  await history.stop({
    kind: 'pause',
    scope: 'campaign',
    target_id: history.campaignId,
    acknowledged_real: realOf(MONDAY_10_SHANGHAI + MINUTE_MS),
    detail: { liftedReal: realOf(MONDAY_10_SHANGHAI + HOUR_MS) },
  });
});

async function audit(
  options: { withLog?: boolean; campaignId?: string; tail?: string } = {},
): Promise<AuditVerdict> {
  const path = join(folder, `${history.tenantId}.jsonl`);
  await writeFile(path, history.logLines.map((line) => `${line}\n`).join('') + (options.tail ?? ''));
  return verifyAudit({
    db,
    tenantId: history.tenantId,
    ...(options.withLog === false ? {} : { requestLog: path }),
    ...(options.campaignId === undefined ? {} : { campaignId: options.campaignId }),
  });
}

function violated(verdict: AuditVerdict): InvariantId[] {
  return verdict.invariants.filter((one) => one.violationsTotal > 0).map((one) => one.id);
}

const onAttempt = (assignment: string) =>
  history.query(`UPDATE attempts SET ${assignment} WHERE tenant_id = $1 AND id = $2`, [
    history.tenantId,
    sent.attemptId,
  ]);
const onDecision = (assignment: string) =>
  history.query(`UPDATE decisions SET ${assignment} WHERE tenant_id = $1 AND id = $2`, [
    history.tenantId,
    sent.decisionId,
  ]);

describe('a true history', () => {
  it('is found ok, with every decision evaluated again and every invariant looked at', async () => {
    const verdict = await audit();
    expect(verdict.invariants.flatMap((one) => one.violations)).toEqual([]);
    expect(verdict.ok).toBe(true);
    expect(verdict.decisions).toEqual({ stored: 3, reevaluated: 3, unknownEngines: {} });
    expect(verdict).toMatchObject({ attempts: 2, dialRequests: 2, notes: [] });
    const checked = Object.fromEntries(verdict.invariants.map((one) => [one.id, one.checked]));
    for (const id of ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I12']) {
      expect(checked[id], id).toBeGreaterThan(0);
    }
  });

  it('is checked without a log too, and the verdict says what that leaves out', async () => {
    const verdict = await audit({ withLog: false });
    expect(verdict.ok).toBe(true);
    expect(verdict.dialRequests).toBeNull();
    expect(verdict.invariants.find((one) => one.id === 'I2')?.notChecked.join()).toContain('no request log');
  });

  it('is not spoilt by a last line that its writer was killed in', async () => {
    const verdict = await audit({ tail: '{"kind":"dial","at":"2026-11-2' });
    expect(verdict.ok).toBe(true);
    expect(verdict.notes.join()).toContain('torn off');
  });

  it("of one campaign leaves another campaign's faults out", async () => {
    await onDecision(`verdict = 'deny'`);
    expect((await audit({ campaignId: '00000000-0000-4000-8000-000000000000' })).decisions.stored).toBe(0);
    expect(violated(await audit({ campaignId: history.campaignId }))).toContain('I7');
  });

  it("says nothing of another tenant's rows", async () => {
    const verdict = await verifyAudit({ db, tenantId: '00000000-0000-4000-8000-000000000000' });
    expect(verdict).toMatchObject({ attempts: 0, decisions: { stored: 0 } });
  });
});

describe('what is corrupted is found under its own invariant', () => {
  const cases: [string, InvariantId[], () => Promise<unknown> | void][] = [
    ['an attempt whose decision is gone', ['I1'], () => onAttempt(`decision_id = gen_random_uuid()`)],
    [
      'an attempt sent on a decision to deny',
      ['I1', 'I7'],
      () => onDecision(`verdict = 'deny', until = NULL`),
    ],
    [
      'an attempt sent before its decision',
      ['I1'],
      () => onDecision(`recorded_real = recorded_real + interval '3 s'`),
    ],
    [
      'decisions by a set that was not in force yet',
      ['I7'],
      () =>
        history.query(
          `UPDATE policy_activations SET activated_at = activated_at + interval '30 days' WHERE tenant_id = $1`,
          [history.tenantId],
        ),
    ],
    ['an attempt that was never set to sending', ['I1'], () => onAttempt(`sending_real = NULL`)],
    [
      'a permit longer than its decision',
      ['I1'],
      () => onAttempt(`allow_until = allow_until + interval '1 h'`),
    ],
    ['a request for an attempt nobody knows', ['I1'], () => history.logDial('nobody/1', MONDAY_10_SHANGHAI)],
    ['a request for a revoked attempt', ['I1'], () => onAttempt(`state = 'revoked'`)],
    [
      'a second request',
      ['I2'],
      () => history.logDial(sent.attemptId, MONDAY_10_SHANGHAI + 5_000, 'duplicate'),
    ],
    ['a gap in the numbers', ['I2'], () => onAttempt(`n = 7`)],
    [
      'a send after a pause was acknowledged',
      ['I3'],
      () => onAttempt(`sending_real = sending_real + interval '2 min'`).then(() => shiftLog(2 * MINUTE_MS)),
    ],
    ['a ring after a pause was acknowledged', ['I3'], () => shiftLog(2 * MINUTE_MS)],
    ['a send outside the window', ['I4'], () => onAttempt(`sending_at = sending_at + interval '10 h'`)],
    // Two gates that did not see each other's attempts: what the person's row lock prevents.
    ['more rings than the cap', ['I5'], () => history.attempt(first, 3, { afterMs: 3 * HOUR_MS })],
    [
      'an allow without a zone',
      ['I4', 'I6', 'I7'],
      () => onDecision(`facts = jsonb_set(facts, '{locations,0,zone}', 'null')`),
    ],
    ['a changed fact', ['I7'], () => onDecision(`facts = jsonb_set(facts, '{purpose}', '"survey"')`)],
    ['a changed trace', ['I7'], () => onDecision(`results = jsonb_set(results, '{0,inputs}', '{}')`)],
    ['a changed reason', ['I6', 'I7'], () => onDecision(`reasons = '{made.up}'`)],
    [
      'a changed document',
      ['I7'],
      () =>
        history.query(`UPDATE policy_documents SET body = body || ' ' WHERE tenant_id = $1`, [
          history.tenantId,
        ]),
    ],
    [
      'a missing document',
      ['I7'],
      () => history.query(`DELETE FROM policy_documents WHERE tenant_id = $1`, [history.tenantId]),
    ],
    [
      'a number in the facts',
      ['I7', 'I8'],
      () => onDecision(`facts = jsonb_set(facts, '{sector}', '"+12025550123"')`),
    ],
    [
      "another tenant's facts",
      ['I7', 'I12'],
      () => onDecision(`facts = jsonb_set(facts, '{tenantId}', to_jsonb(gen_random_uuid()))`),
    ],
    [
      'a completed campaign that left a contact behind',
      ['I10'],
      () => history.query(`UPDATE campaigns SET status = 'completed' WHERE id = $1`, [history.campaignId]),
    ],
    ['an agent who talked on two calls at once', ['I10'], () => talks([0, 60], [30, 90])],
    ['an agent who is kept for a call that is over', ['I10'], () => seat('reserved', sent.attemptId)],
    ['an agent who is at a call that nobody knows', ['I10'], () => seat('in_call', 'nobody/1')],
  ];

  it('an agent whose calls came one after the other, and who writes the last one down, is no fault', async () => {
    await talks([0, 30], [30, 90]);
    await history.query(`UPDATE agent_calls SET state = 'wrap_up' WHERE tenant_id = $1 AND attempt_id = $2`, [
      history.tenantId,
      `${first.contactId}/2`,
    ]);
    await seat('wrap_up', `${first.contactId}/2`);
    expect(violated(await audit())).toEqual([]);
  });

  it.each(cases)('%s → %j', async (_name, expected, corrupt) => {
    await corrupt();
    const verdict = await audit();
    expect(verdict.ok).toBe(false);
    expect(violated(verdict)).toEqual(expected);
    expect(JSON.stringify(verdict)).not.toContain('5550123');
  });

  /** An agent's talks on the first contact's calls: from and until, seconds after the first was claimed. */
  async function talks(...spans: [number, number][]): Promise<void> {
    await history.insert('agents', {
      tenant_id: history.tenantId,
      id: AGENT,
      name: 'Anna',
      team_id: AGENT,
      skills: {},
      languages: [],
      zone: 'Asia/Shanghai',
      enabled: true,
      revision: 1,
      created_at: MONDAY_10_SHANGHAI,
      updated_at: MONDAY_10_SHANGHAI,
    });
    for (const [i, [from, until]] of spans.entries()) {
      await history.insert('agent_calls', {
        tenant_id: history.tenantId,
        attempt_id: `${first.contactId}/${i + 1}`,
        campaign_id: history.campaignId,
        contact_id: first.contactId,
        person_id: first.personId,
        mode: 'predictive',
        state: 'over',
        agent_id: AGENT,
        connected_real: MONDAY_10_SHANGHAI + from * 1_000,
        ended_real: MONDAY_10_SHANGHAI + until * 1_000,
      });
    }
  }

  function seat(state: 'reserved' | 'in_call' | 'wrap_up', attemptId: string): Promise<void> {
    return history.insert('seats', {
      tenant_id: history.tenantId,
      agent_id: AGENT,
      team_id: AGENT,
      state,
      since: iso(MONDAY_10_SHANGHAI),
      idle_since: iso(MONDAY_10_SHANGHAI),
      fence: 1,
      campaign_id: history.campaignId,
      contact_id: first.contactId,
      attempt_id: attemptId,
      ...(state === 'reserved' ? { lease_until_real: realOf(MONDAY_10_SHANGHAI) } : {}),
      ...(state === 'wrap_up' ? { wrap_up_until: MONDAY_10_SHANGHAI + HOUR_MS } : {}),
    });
  }

  function shiftLog(ms: number): void {
    history.logLines.length = 0;
    history.logDial(sent.attemptId, MONDAY_10_SHANGHAI + 70 + ms);
    history.logDial(`${first.contactId}/2`, MONDAY_10_SHANGHAI + 2 * HOUR_MS + 70);
  }
});

describe('stops', () => {
  it('a withdrawal binds until a later consent', async () => {
    const event = (kind: string, afterMs: number) =>
      history.insert('consent_events', {
        tenant_id: history.tenantId,
        id: crypto.randomUUID(),
        person_id: first.personId,
        kind,
        purposes: ['marketing'],
        channels: ['voice'],
        level: 'express',
        basis: 'explicit',
        source: 'test',
        occurred_at: MONDAY_10_SHANGHAI + afterMs,
        recorded_at: MONDAY_10_SHANGHAI + afterMs,
        widens: [],
        recorded_by: 'test',
        dedupe_key: Buffer.from(`${kind}${first.personId}`),
      });
    await event('withdrawal', MINUTE_MS);
    await history.stop({
      kind: 'withdrawal',
      scope: 'person',
      target_id: first.personId,
      acknowledged_real: realOf(MONDAY_10_SHANGHAI + MINUTE_MS + 20),
    });
    expect(violated(await audit())).toEqual(['I3']);
    await event('grant', HOUR_MS);
    expect(violated(await audit())).toEqual([]);
  });

  it('a suppression binds until its entry ends', async () => {
    await history.insert('suppressions', {
      tenant_id: history.tenantId,
      id: crypto.randomUUID(),
      number_hash: Buffer.from(numberOf(first.personId), 'hex'),
      list: 'internal',
      scope: 'tenant',
      source: 'test',
      requested_by_person: true,
      valid_from: MONDAY_10_SHANGHAI + MINUTE_MS,
      recorded_at: MONDAY_10_SHANGHAI + MINUTE_MS,
      recorded_by: 'test',
    });
    await history.stop({
      kind: 'suppression',
      scope: 'number',
      target_id: first.personId,
      acknowledged_real: realOf(MONDAY_10_SHANGHAI + MINUTE_MS + 20),
    });
    expect(violated(await audit())).toEqual(['I3']);
    await history.query(`UPDATE suppressions SET valid_until = $2 WHERE tenant_id = $1`, [
      history.tenantId,
      new Date(MONDAY_10_SHANGHAI + HOUR_MS).toISOString(),
    ]);
    expect(violated(await audit())).toEqual([]);
  });

  it('a pause whose end is not on record is reported as not checked, not as kept', async () => {
    await history.query(`UPDATE stop_requests SET detail = '{}' WHERE tenant_id = $1`, [history.tenantId]);
    const verdict = await audit();
    expect(violated(verdict)).toEqual([]);
    expect(verdict.invariants.find((one) => one.id === 'I3')?.notChecked).toHaveLength(1);
  });
});

it('decisions of an evaluator that this build does not have are not called ok', async () => {
  await onDecision(`engine = 'rightcall.evaluator/0'`);
  const verdict = await audit();
  expect(violated(verdict)).toEqual([]);
  expect(verdict.ok).toBe(false);
  expect(verdict.decisions).toMatchObject({ reevaluated: 2, unknownEngines: { 'rightcall.evaluator/0': 1 } });
});
