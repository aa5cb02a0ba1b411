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
  const set = await rig.db.inTenant(rig.tenantId, (tx) => activePolicySet(tx, rig.clock.now()));
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
  expect(entries.at(-2)!.text).toMatch(
    /^Withdrawal of the person by key:configuration: acknowledged after \d+ ms/,
  );
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

/** A contact with many entries, some at one instant, of every kind there is. */
async function aLongStory(number: string): Promise<{ contactId: string; personId: string }> {
  const ids = await addContact(rig, { campaignId, number });
  const { setHash } = await aRuleInForce();
  for (let n = 1; n <= 7; n++) {
    // Attempts and their decisions share instants.
    const at = NOW + Math.ceil(n / 2) * 10_000;
    await addDecision(ids, { at, verdict: 'allow', until: null, setHash, results: [] });
    await addAttempt(rig, { campaignId, ...ids, n, state: 'ended', outcome: 'busy', at });
  }
  const at = (ms: number) => new Date(NOW + ms).toISOString();
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query(
      `INSERT INTO workflow_notes (tenant_id, campaign_id, contact_id, kind, admission, detail, at, recorded_real)
       VALUES ($1, $2, $3, 'admitted', 1, '{"started": true}', $4, now()),
              ($1, $2, $3, 'reported', 1, $6, $5, now()),
              ($1, $2, $3, 'closed', NULL, '{"state": "withdrawn", "reason": "consent.withdrawn"}', $5, now())`,
      [
        tx.tenantId,
        campaignId,
        ids.contactId,
        at(1_000),
        at(50_000),
        JSON.stringify({ kind: 'waiting', readyAt: NOW + 60_000, reason: null }),
      ],
    );
    await tx.query(
      `INSERT INTO callbacks (tenant_id, id, contact_id, campaign_id, person_id, from_at, until_at, status, reason, owner,
                              contact_before, revision, created_by, created_at, updated_at, settled_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'breached', 'window.over', 'team', '{}', 1, 'test', $6, $7, $7)`,
      [tx.tenantId, uuidv7(), ids.contactId, campaignId, ids.personId, at(2_000), at(3_000)],
    );
  });
  await rig.call('POST', `/v1/persons/${ids.personId}/reveal`, {
    fields: ['numbers'],
    reason: 'complaint in writing',
  });
  return ids;
}

test('in pages of any size the story is the same, forwards and backwards', async () => {
  const { contactId } = await aLongStory('+12025550135');
  const path = `/v1/contacts/${contactId}/timeline`;
  const whole = (await rig.call('GET', `${path}?limit=500`)).body;
  expect(whole.next).toBeNull();
  const kinds = new Set(whole.entries.map((entry) => entry.kind));
  expect([...kinds].sort()).toEqual(
    ['attempt', 'callback', 'change', 'decision', 'imported', 'state', 'stop', 'workflow'].sort(),
  );
  for (const [limit, sort] of [
    [1, 'at'],
    [3, 'at'],
    [4, '-at'],
  ] as const) {
    const told: unknown[] = [];
    let after: string | null = null;
    do {
      const next: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
      const { body } = await rig.call('GET', `${path}?limit=${limit}&sort=${sort}${next}`);
      told.push(...body.entries);
      after = body.next as string | null;
    } while (after !== null);
    expect(told).toEqual(sort === 'at' ? whole.entries : whole.entries.toReversed());
  }
});

test('what the workflow was told is part of the story, with links where people look at workflows', async () => {
  const { contactId } = await aLongStory('+12025550136');
  const answer = await rig.call('GET', `/v1/contacts/${contactId}/timeline`);
  const texts = answer.body.entries.filter((entry) => entry.kind === 'workflow').map((entry) => entry.text);
  expect(texts).toEqual([
    'Workflow: started for admission 1.',
    'Workflow: told what admission 1 came to, waits until 2026-03-02T02:01:00.000Z.',
    'Workflow: told that the contact ended as withdrawn (consent.withdrawn).',
  ]);
  expect(answer.body).toMatchObject({
    workflow: { contactWorkflowId: `contact/${campaignId}/${contactId}`, contactUrl: null },
  });
});

test('in Chinese, every sentence; a language that is not spoken here is answered in English', async () => {
  const { contactId } = await aLongStory('+12025550137');
  const path = `/v1/contacts/${contactId}/timeline`;
  const answer = await rig.call('GET', path, undefined, { 'Accept-Language': 'zh-CN' });
  expect(answer.headers.get('content-language')).toBe('zh');
  for (const entry of answer.body.entries) expect(entry.text).toMatch(/\p{Script=Han}.*。$/u);
  const french = await rig.call('GET', path, undefined, { 'Accept-Language': 'fr' });
  expect(french.headers.get('content-language')).toBe('en');
  expect(french.body.entries.at(-1)?.text).toMatch(/^Now: waits/);
});

test('cursors of another contact or order are refused', async () => {
  const one = await aLongStory('+12025550138');
  const two = await addContact(rig, { campaignId, number: '+12025550179' });
  const { next } = (await rig.call('GET', `/v1/contacts/${one.contactId}/timeline?limit=1`)).body;
  const cursor = encodeURIComponent(next as string);
  const other = await rig.call('GET', `/v1/contacts/${two.contactId}/timeline?after=${cursor}`);
  const turned = await rig.call('GET', `/v1/contacts/${one.contactId}/timeline?sort=-at&after=${cursor}`);
  expect([other.status, turned.status]).toEqual([400, 400]);
});

test('an attempt says when, at which number and by whom it is followed, and why at that hour', async () => {
  const ids = await addContact(rig, { campaignId, number: '+12025550188' });
  await addAttempt(rig, { campaignId, ...ids, n: 1, state: 'ended', outcome: 'no_answer', at: NOW });
  const step = {
    ...{ kind: 'retry', state: null, reason: 'retry.best_time', readyAt: Date.parse('2026-11-30T21:00:00Z') },
    ...{ otherNumber: true, withAgent: true },
    bestTime: {
      ...{ reason: 'best_time.moved', zone: 'America/New_York', hour: 16, hourOtherwise: 10 },
      ...{ rate: 0.684, rateOtherwise: 0.11, attempts: 200, ownAttempts: 3 },
    },
  };
  const told = async (bestTime: object | null, headers: Record<string, string> = {}) => {
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE attempts SET next_step = $3 WHERE tenant_id = $1 AND contact_id = $2', [
        tx.tenantId,
        ids.contactId,
        JSON.stringify({ ...step, bestTime }),
      ]),
    );
    const answer = await rig.call('GET', `/v1/contacts/${ids.contactId}/timeline`, undefined, headers);
    return answer.body.entries.map(({ text }) => text).find((text) => /ended: |结束：/.test(text));
  };
  expect(await told(null)).toMatch(
    /To be tried again from 2026-11-30T21:00:00\.000Z, at another number, by an agent\.$/,
  );
  expect(await told(step.bestTime)).toMatch(
    /Put off to the best hour: about 68 % answer at 16:00 \(America\/New_York\) and 11 % at 10:00, by 200 calls to people there and 3 to this one\.$/,
  );
  expect(await told({ ...step.bestTime, reason: 'best_time.too_little_known', rate: null })).toMatch(
    /not known yet: too few calls/,
  );
  expect(await told(step.bestTime, { 'Accept-Language': 'zh' })).toMatch(
    /改拨另一号码，由坐席呼叫。已推迟至最佳时段/,
  );
  // The same in figures, with the attempt and with the explanation of its contact.
  const shown = { ...step, readyAt: '2026-11-30T21:00:00.000Z' };
  const one = await rig.call('GET', `/v1/contacts/${ids.contactId}/attempts/1`);
  expect(one.body).toMatchObject({ nextStep: shown });
  const explanation = await rig.call('GET', `/v1/contacts/${ids.contactId}/explanation`);
  expect(explanation.body).toMatchObject({ afterLastAttempt: { attempt: 1, ...shown } });
});
