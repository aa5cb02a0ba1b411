import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { activePolicySet } from '../../db/repositories/policies.ts';
import type { RuleResult } from '../../domain/decision.ts';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
});
afterAll(() => rig.close());

interface PackBody {
  id: string;
  rules?: { id: string; label: string; citation: { instrument: string; article: string | null } }[];
}

async function aRuleInForce() {
  const set = await rig.db.inTenant(rig.tenantId, activePolicySet);
  for (const document of set!.documents) {
    const pack = JSON.parse(document.body) as PackBody;
    const rule = pack.rules?.[0];
    if (rule !== undefined) return { setHash: set!.hash, pack: pack.id, rule };
  }
  throw new Error('no rule in force');
}

async function addDecision(
  ids: { contactId: string; personId: string },
  decision: {
    at: number;
    verdict: string;
    until: number | null;
    setHash: string;
    results: Partial<RuleResult>[];
  },
): Promise<void> {
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       VALUES ($1, $2, $3, $4, $5, 'admission', 1, $6, now(), 0, $7, $8, '{window.closed}', 'test', $9, '{}', 'x', $10)`,
      [
        tx.tenantId,
        uuidv7(),
        campaignId,
        ids.contactId,
        ids.personId,
        new Date(decision.at).toISOString(),
        decision.verdict,
        decision.until === null ? null : new Date(decision.until).toISOString(),
        decision.setHash,
        JSON.stringify(decision.results),
      ],
    ),
  );
}

test('the story is told in order, each decision with its reasons and the citation from the pack it was made by', async () => {
  const ids = await addContact(rig, { campaignId, number: '+12025550130', externalId: 'T-1' });
  const { setHash, pack, rule } = await aRuleInForce();
  const result = { pack, rule: rule.id, type: 'calling_window', until: NOW + 5_000, inputs: { zone: 'UTC' } };
  await addDecision(ids, {
    at: NOW + 1_000,
    verdict: 'defer',
    until: NOW + 5_000,
    setHash,
    results: [
      { ...result, outcome: 'defer', reason: 'window.closed', unverified: true },
      { ...result, outcome: 'pass', reason: null, unverified: false },
      { ...result, pack: 'engine', rule: 'zone', outcome: 'deny', reason: 'zone.unknown', until: null },
    ],
  });
  await addDecision(ids, { at: NOW + 5_000, verdict: 'allow', until: NOW + 9_000, setHash, results: [] });
  await addAttempt(rig, {
    campaignId,
    ...ids,
    n: 1,
    state: 'ended',
    outcome: 'answered',
    disposition: 'not_interested',
    talkS: 42,
    at: NOW + 6_000,
  });
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO call_events (tenant_id, carrier_id, event_id, attempt_id, type, at, payload, received_real)
       VALUES ($1, $2, 'e1', $3, 'answered', $4, '{"reference":"r","digits":null,"end":null}', now())`,
      [tx.tenantId, uuidv7(), `${ids.contactId}/1`, new Date(NOW + 6_500).toISOString()],
    ),
  );
  rig.clock.set(NOW + 20_000);
  await rig.call('POST', `/v1/persons/${ids.personId}/withdrawals`, {
    purposes: ['marketing'],
    source: 'hotline',
  });
  rig.clock.set(NOW);

  const answer = await rig.call('GET', `/v1/contacts/${ids.contactId}/timeline`);
  expect(answer.status).toBe(200);
  const { entries } = answer.body;
  const kinds = entries.map((entry) => entry.kind);
  expect(kinds).toEqual([
    'imported',
    'decision',
    'decision',
    'attempt',
    'attempt',
    'attempt',
    'call',
    'consent',
    'stop',
    'state',
  ]);
  expect(entries.map((entry) => entry.at)).toEqual(entries.map((entry) => entry.at).toSorted());

  const deferred = entries[1]!;
  expect(deferred.reasons).toHaveLength(2);
  expect(deferred.reasons[0]).toMatchObject({
    reason: 'window.closed',
    rule: rule.id,
    label: rule.label,
    citation: { instrument: rule.citation.instrument, article: rule.citation.article },
    inputs: { zone: 'UTC' },
  });
  expect(deferred.reasons[1]).toMatchObject({ pack: 'engine', citation: null });
  expect(deferred.text).toContain(rule.citation.instrument);
  expect(deferred.text).toContain('not verified');
  expect(entries[2]!.text).toMatch(/^Allowed to dial/);
  expect(entries[5]!.text).toBe('Attempt 1 ended: answered after 42 s of talk, not interested.');
  expect(entries.at(-2)!.text).toMatch(/^Withdrawal of the person by key:configuration: .* acknowledged after \d+ ms/);
  expect(entries.at(-1)!.text).toBe('Now: ended as withdrawn (consent.withdrawn).');
});

test('a contact that only waits says so, with the reason and the instant', async () => {
  const ids = await addContact(rig, { campaignId, number: '+12025550131', stateReason: 'window.closed' });
  const answer = await rig.call('GET', `/v1/contacts/${ids.contactId}/timeline`);
  expect(answer.body.entries.at(-1)?.text).toBe(
    'Now: waits, not before 2026-03-02T02:00:00.000Z (window.closed).',
  );
  await rig.call('POST', `/v1/campaigns/${campaignId}/pause`);
  const paused = await rig.call('GET', `/v1/contacts/${ids.contactId}/timeline`);
  expect(paused.body.entries.at(-1)?.text).toMatch(/; the campaign is paused\.$/);
  await rig.call('POST', `/v1/campaigns/${campaignId}/resume`);
});

test('every state of an attempt has its sentence', async () => {
  const ids = await addContact(rig, { campaignId, number: '+12025550132' });
  const states = ['claimed', 'sending', 'sent', 'ended', 'revoked', 'abandoned', 'unknown', 'rejected'];
  for (const [i, state] of states.entries()) await addAttempt(rig, { campaignId, ...ids, n: i + 1, state });
  const answer = await rig.call('GET', `/v1/contacts/${ids.contactId}/timeline`);
  const texts = answer.body.entries.map((entry) => entry.text);
  for (const [i, word] of [
    'permit to dial',
    'being handed',
    'took the call',
    'ended',
    'taken back',
    'ran out',
    'not known',
    'refused by the carrier',
  ].entries()) {
    expect(texts.filter((text) => text.startsWith(`Attempt ${i + 1}`)).join(' ')).toContain(word);
  }
});
