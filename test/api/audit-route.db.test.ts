import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { createSealer } from '../../activities/services/seal.ts';
import { verifyBundle } from '../../audit/standalone/verify-bundle.mjs';
import { createSigner } from '../../evidence/checkpoint.ts';
import { createPolicySource } from '../../gate/policy-source.ts';
import { canonicalHash, compilePolicySet, evaluate } from '../../policies/index.ts';

const NUMBER = '+12025550180';
let rig: Rig;
let campaignId: string;
let contactId: string;
let personId: string;
let decisionId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
  ({ contactId, personId } = await addContact(rig, { campaignId, number: NUMBER, state: 'admitted' }));
  await rig.call('POST', `/v1/persons/${personId}/consents`, { purposes: ['marketing'], source: 'form' });
  // The gate itself decides, so that the record is one of its own making.
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query('UPDATE contacts SET admissions = 1 WHERE tenant_id = $1 AND id = $2', [
      tx.tenantId,
      contactId,
    ]);
    await claimAttempt(
      tx,
      { clock: rig.clock, policies: createPolicySource() },
      { campaignId, contactId, admission: 1 },
    );
    const [row] = await tx.query<{ id: string }>('SELECT id FROM decisions WHERE tenant_id = $1', [
      tx.tenantId,
    ]);
    decisionId = row!.id;
  });
});
afterAll(() => rig.close());

interface Verification {
  outcome: string;
  checks: { name: string; holds: boolean; fault: string | null }[];
  recorded: { verdict: string };
  again: { verdict: string } | null;
}
const verify = async (id = decisionId) =>
  (await rig.call('GET', `/v1/audit/decisions/${id}/verification`)).body as unknown as Verification;

/** A copy of the decision that was tampered with, under an id of its own. */
async function copy(change: string): Promise<string> {
  const id = uuidv7();
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO decisions SELECT (r).* FROM (
         SELECT jsonb_populate_record(d, jsonb_build_object('id', $3::text, 'stage', 'admission') || ${change}) AS r
         FROM decisions d WHERE d.tenant_id = $1 AND d.id = $2) AS copied`,
      [tx.tenantId, decisionId, id],
    ),
  );
  return id;
}

test('a decision of the gate holds when it is evaluated again', async () => {
  const found = await verify();
  expect(found.checks.every((check) => check.holds)).toBe(true);
  expect(found.checks.map((check) => check.name)).toEqual([
    'facts',
    'documents',
    'policy_set',
    'verdict',
    'reasons',
    'results',
  ]);
  expect(found).toMatchObject({ outcome: 'holds', again: found.recorded });
});

test.each([
  ['facts that were changed', `jsonb_build_object('facts', d.facts || '{"sector": "insurance"}')`, 'facts'],
  [
    'a verdict that was changed',
    `jsonb_build_object('verdict', 'allow', 'until', null, 'reasons', '{}'::text[])`,
    'verdict',
  ],
  ['reasons that were changed', `jsonb_build_object('reasons', '{made.up}'::text[])`, 'reasons'],
  ['a rule’s result that was left out', `jsonb_build_object('results', d.results - 0)`, 'results'],
  ['a policy set that is not there', `jsonb_build_object('policy_set_hash', 'f00')`, 'documents'],
])('%s is found out', async (_name, change, check) => {
  const found = await verify(await copy(change));
  expect(found.outcome).toBe('fails');
  expect(found.checks.find((one) => one.name === check)?.holds).toBe(false);
});

test('a decision of another evaluator is not judged by this one, and it says so', async () => {
  const found = await verify(await copy(`jsonb_build_object('engine', 'rightcall.evaluator/0')`));
  expect(found).toMatchObject({ outcome: 'not_checkable', again: null });
});

test("another tenant's decision is not found, nor is its evidence", async () => {
  const path = `/v1/audit/decisions/${decisionId}/verification`;
  expect((await rig.callOther('GET', path)).status).toBe(404);
  expect((await rig.callOther('GET', `/v1/audit/evidence?contactId=${contactId}`)).status).toBe(404);
  expect((await rig.call('GET', '/v1/audit/evidence')).status).toBe(400);
  expect((await rig.call('GET', `/v1/audit/evidence?contactId=${uuidv7()}`)).status).toBe(404);
});

interface Bundle {
  complete: boolean;
  decisions: {
    id: string;
    at: string;
    horizonMs: number;
    factsHash: string;
    facts: never;
    verdict: string;
    results: unknown;
    policySetHash: string;
  }[];
  policySets: { hash: string; documents: { hash: string }[] }[];
  policyDocuments: { hash: string; body: string }[];
  attempts: { n: number }[];
  consents: unknown[];
  suppressions: unknown[];
  stops: unknown[];
}

test('the evidence of a promise has its moves with their reasons', async () => {
  const { contactId: promised } = await addContact(rig, { campaignId, number: '+12025550183' });
  const steps = [
    { kind: 'moved', at: '2026-03-02T02:00:00.000Z', by: 'engine', reason: 'window', from: 'a', until: 'b' },
  ];
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO callbacks (tenant_id, id, contact_id, campaign_id, person_id, from_at, until_at, status, asked_by, owner,
                              steps, contact_before, revision, created_by, created_at, updated_at)
       SELECT $1, gen_random_uuid(), c.id, c.campaign_id, c.person_id, $3, $3, 'promised', 'person', 'campaign', $4, '{}', 2,
              'call', $3, $3 FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2`,
      [tx.tenantId, promised, new Date(NOW).toISOString(), JSON.stringify(steps)],
    ),
  );
  const bundle = (await rig.call('GET', `/v1/audit/evidence?contactId=${promised}`)).body;
  expect(bundle).toMatchObject({
    callbacks: [{ status: 'promised', askedBy: 'person', createdBy: 'call', steps }],
  });
});

test('the evidence is whole: with nothing but the bundle each decision comes out the same', async () => {
  await rig.call('POST', '/v1/suppressions', { number: NUMBER });
  await rig.call('POST', `/v1/persons/${personId}/withdrawals`, { source: 'letter' });
  const answer = await rig.call('GET', `/v1/audit/evidence?contactId=${contactId}`);
  expect(answer.headers.get('content-disposition')).toContain(`evidence-${contactId}.json`);
  const bundle = answer.body as unknown as Bundle;
  expect(bundle).toMatchObject({
    format: 'rightcall.evidence/1',
    complete: true,
    contact: { id: contactId },
  });
  expect([bundle.consents.length, bundle.suppressions.length, bundle.stops.length]).toEqual([2, 1, 2]);
  expect(bundle.decisions.map((one) => one.id)).toContain(decisionId);
  const bodies = new Map(bundle.policyDocuments.map((one) => [one.hash, one.body]));
  for (const [hash, body] of bodies) expect(createHash('sha256').update(body).digest('hex')).toBe(hash);
  const decision = bundle.decisions.find((one) => one.id === decisionId)!;
  expect(canonicalHash(decision.facts)).toBe(decision.factsHash);
  const set = bundle.policySets.find((one) => one.hash === decision.policySetHash)!;
  const documents = set.documents.map(({ hash }) => JSON.parse(bodies.get(hash)!) as unknown);
  const again = evaluate({
    policySet: compilePolicySet(documents),
    facts: decision.facts,
    at: Date.parse(decision.at),
    horizonMs: decision.horizonMs,
  });
  expect({ verdict: again.verdict.kind, results: again.results }).toEqual({
    verdict: decision.verdict,
    results: decision.results,
  });
  expect(JSON.stringify(bundle)).not.toContain('2025550180');
  const changes = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `SELECT actor, resource_id FROM changes WHERE tenant_id = $1 AND action = 'exportEvidence' AND resource_id = $2`,
      [tx.tenantId, contactId],
    ),
  );
  expect(changes).toEqual([{ actor: 'key:configuration', resource_id: contactId }]);
});

test('parts longer than a page are told to their end, in order', async () => {
  const long = await addContact(rig, { campaignId, number: '+12025550181' });
  await addAttempt(rig, { campaignId, ...long, n: 1, state: 'ended', at: NOW });
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO attempts SELECT (r).* FROM (
         SELECT jsonb_populate_record(a, jsonb_build_object('id', a.contact_id || '/' || i, 'n', i, 'admission', i)) AS r
         FROM attempts a CROSS JOIN generate_series(2, 450) AS i
         WHERE a.tenant_id = $1 AND a.contact_id = $2) AS copies`,
      [tx.tenantId, long.contactId],
    ),
  );
  const answer = await rig.call('GET', `/v1/audit/evidence?contactId=${long.contactId}`);
  const { attempts } = answer.body as unknown as Bundle;
  expect(attempts.map((one) => one.n)).toEqual(Array.from({ length: 450 }, (_, i) => i + 1));
});

test('the evidence proves its decisions by itself once they are sealed, and the checkpoint is there to read', async () => {
  const own = await addContact(rig, { campaignId, number: '+12025550182', state: 'admitted' });
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query('UPDATE contacts SET admissions = 1 WHERE tenant_id = $1 AND id = $2', [
      tx.tenantId,
      own.contactId,
    ]);
    await claimAttempt(
      tx,
      { clock: rig.clock, policies: createPolicySource() },
      { campaignId, contactId: own.contactId, admission: 1 },
    );
  });
  const bundleOf = async () =>
    (await rig.call('GET', `/v1/audit/evidence?contactId=${own.contactId}`)).body as unknown as {
      decisions: { id: string }[];
      sealed: { kind: string }[];
    };
  const checked = async () => verifyBundle((await bundleOf()).sealed.map((record) => JSON.stringify(record)));
  expect(await checked()).toMatchObject({ ok: true, decisions: 0, unsealed: 1 });
  const signer = createSigner(generateKeyPairSync('ed25519').privateKey);
  await createSealer({ db: rig.db, signer, secondPlace: null }).round(rig.tenantId);
  expect(await checked()).toMatchObject({
    ok: true,
    contactId: own.contactId,
    decisions: 1,
    unsealed: 0,
    keys: [signer.keyId],
  });
  const list = await rig.call('GET', '/v1/audit/checkpoints');
  const [checkpoint] = list.body.items as unknown as { size: number; keyId: string; copiedReal: null }[];
  expect(checkpoint).toMatchObject({ keyId: signer.keyId, copiedReal: null });
  const one = await rig.call('GET', `/v1/audit/checkpoints/${checkpoint!.size}`);
  expect(one.body).toEqual(checkpoint);
  expect((await rig.call('GET', '/v1/audit/checkpoints/987654321')).status).toBe(404);
  expect((await rig.call('GET', '/v1/audit/checkpoints/zero')).status).toBe(400);
});
