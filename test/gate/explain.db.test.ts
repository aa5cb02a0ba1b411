import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { appendConsentEvent } from '../../db/repositories/consents.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { upsertSuppression } from '../../db/repositories/suppressions.ts';
import { fixedClock } from '../../domain/clock.ts';
import { DAY_MS, HOUR_MS, toIso } from '../../domain/time.ts';
import { askedOf, explain, type Explanation } from '../../gate/explain.ts';
import { readDossier } from '../../gate/dossier.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { storePolicySet } from '../../db/repositories/policies.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
const policies = createPolicyReader();
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());

async function explained(contactId: string, at = clock.now()): Promise<Explanation> {
  return engine.db.inTenant(engine.tenantId, async (tx) => {
    await tx.query('SET TRANSACTION READ ONLY');
    const asked = { at, now: clock.now() };
    const contact = (await readContactStanding(tx, contactId, at < asked.now ? at : null))!;
    const found = await explain(
      tx,
      { clock, policies },
      contact.campaignId,
      askedOf(contact),
      contact,
      asked,
    );
    return found!;
  });
}

async function run(sql: string, ...values: unknown[]): Promise<void> {
  await engine.db.inTenant(engine.tenantId, (tx) => tx.query(sql, [engine.tenantId, ...values]));
}

/** An attempt of a contact that ended, as the gate and the recorder would leave it. */
async function addEnded(
  ids: { contactId: string; personId: string },
  campaignId: string,
  n: number,
  at: number,
): Promise<void> {
  await run(
    `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                           purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                           sent_at, ended_at, rang_at, outcome, conversation, disposition)
     SELECT $1, $2::uuid::text || '/' || $4::int, $2, $3, p.person_id, p.number_hash, $4::int, $4::int, gen_random_uuid(), 'marketing',
            'voice', $6, 'ended', 1, now(), $5, now(), $5::timestamptz + interval '1 s',
            $5::timestamptz + interval '60 s', $5::timestamptz + interval '1 s', 'answered', true, 'refused'
     FROM person_numbers p WHERE p.tenant_id = $1 AND p.person_id = $7`,
    ids.contactId,
    campaignId,
    n,
    toIso(at),
    engine.carrierId,
    ids.personId,
  );
  await run(
    `INSERT INTO calls (tenant_id, attempt_id, carrier_id, carrier_ref, status, answered_at, ended_at, synthesized)
     VALUES ($1, $2, $3, 'r', 'ended', $4, $5, false)`,
    `${ids.contactId}/${n}`,
    engine.carrierId,
    toIso(at + 10_000),
    toIso(at + 60_000),
  );
}

describe('an explanation of now', () => {
  test('is what the gate decides, rule by rule, and leaves nothing behind', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const told = await explained(contactId);
    expect(told).toMatchObject({
      callable: true,
      verdict: { kind: 'allow' },
      blocks: [],
      missing: [],
      unknown: [],
    });
    expect(told.nextEligibleAt).toBe(clock.now());
    const cited = told.rules.filter((rule) => rule.pack !== 'engine');
    expect(cited.length).toBeGreaterThan(3);
    for (const rule of cited)
      expect(rule).toMatchObject({ citation: { instrument: expect.any(String) as string } });

    await run(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      contactId,
    );
    await engine.db.inTenant(engine.tenantId, (tx) =>
      claimAttempt(tx, engine, { campaignId, contactId, admission: 1 }),
    );
    const rows = await engine.db.inTenant(engine.tenantId, (tx) =>
      tx.query<{ verdict: string; until: number | null; results: { rule: string; outcome: string }[] }>(
        'SELECT verdict, until, results FROM decisions WHERE tenant_id = $1 AND contact_id = $2',
        [tx.tenantId, contactId],
      ),
    );
    expect(rows).toHaveLength(1);
    expect(told.verdict).toEqual({ kind: 'allow', until: rows[0]!.until });
    expect(told.rules.map(({ rule, outcome }) => ({ rule, outcome }))).toEqual(
      rows[0]!.results.map(({ rule, outcome }) => ({ rule, outcome })),
    );
  });

  test('reads the very facts the gate reads, also as facts of an instant', async () => {
    const campaignId = await engine.addCampaign();
    const ids = await engine.addContact(campaignId);
    await addEnded(ids, campaignId, 1, clock.now() - 3 * DAY_MS);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      upsertSuppression(
        tx,
        {
          numberHash: engine.vault.numberHash(engine.tenantId, ids.number),
          list: 'internal',
          scope: 'campaign',
          campaignId: null,
          purpose: null,
          source: 'test',
          requestedByPerson: false,
          validFrom: clock.now() - DAY_MS,
          validUntil: clock.now() + DAY_MS,
        },
        { at: clock.now() - DAY_MS, by: 'test' },
      ),
    );
    await run(
      `INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, 'x', $2)`,
      toIso(clock.now()),
    );
    const [gate, asOf] = await engine.db.inTenant(engine.tenantId, async (tx) => {
      const dossier = (await readDossier(tx, ids.contactId, clock.now()))!;
      const contact = (await readContactStanding(tx, ids.contactId, null))!;
      const campaign = {
        id: campaignId,
        definition: dossier.campaign.definition,
        carrierId: engine.carrierId,
      };
      return [dossier.facts, await readFactsAt(tx, campaign, askedOf(contact), clock.now(), clock.now())];
    });
    expect(asOf).toEqual(gate);
    expect(gate.attempts).toHaveLength(1);
    expect(gate.triggers.map((trigger) => trigger.kind)).toEqual(['conversation', 'refusal']);
    expect(gate.suppressions).toHaveLength(1);
  });

  test('names the fact that is wanting, and the rule and law that want it', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId, { consent: 'none' });
    const told = await explained(contactId);
    expect(told).toMatchObject({ callable: false, verdict: { kind: 'deny' }, nextEligibleAt: null });
    expect(told.reasons).toContain('consent.missing');
    expect(told.missing.map((fact) => fact.reason)).toContain('consent.missing');
  });

  test('after hours it names the first instant at which the rules allow it', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const night = WORKDAY_MORNING_CN + 13 * HOUR_MS;
    const told = await explained(contactId, night);
    expect(told.verdict.kind).toBe('defer');
    expect(told.nextEligibleAt).toBeGreaterThan(night);
    expect(await explained(contactId, told.nextEligibleAt!)).toMatchObject({ callable: true });
    expect(await explained(contactId, told.nextEligibleAt! - 60_000)).toMatchObject({ callable: false });
    expect(told.unknown).toEqual([{ fact: 'future.facts', taken: 'as it is now' }]);
  });
});

describe('what stands in the way beside the rules', () => {
  const codes = (told: Explanation) => told.blocks.map((block) => block.code);

  test('a paused campaign, a stopped tenant, a paused carrier, a call that is up: all of them at once', async () => {
    const campaignId = await engine.addCampaign();
    const ids = await engine.addContact(campaignId);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      setCampaignStatus(tx, campaignId, { status: 'paused', reason: null }),
    );
    await run(`UPDATE tenants SET dialling_stopped_at = now() WHERE id = $1`);
    await run(`UPDATE carriers SET paused_real = now() WHERE tenant_id = $1`);
    await addEnded(ids, campaignId, 1, clock.now() - HOUR_MS);
    await run(
      `UPDATE attempts SET state = 'sent', ended_at = NULL, outcome = NULL WHERE tenant_id = $1 AND contact_id = $2`,
      ids.contactId,
    );
    const told = await explained(ids.contactId);
    await run(`UPDATE tenants SET dialling_stopped_at = NULL WHERE id = $1`);
    await run(`UPDATE carriers SET paused_real = NULL WHERE tenant_id = $1`);
    expect(codes(told)).toEqual(['campaign.paused', 'tenant.stopped', 'carrier.paused', 'person.on_call']);
    expect(told).toMatchObject({ callable: false, nextEligibleAt: null });
  });

  test('a retry that is not due ends by itself, and the next instant is the rules’ after it', async () => {
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const due = WORKDAY_MORNING_CN + 13 * HOUR_MS;
    await run(
      `UPDATE contacts SET ready_at = $3, state_reason = 'retry.busy' WHERE tenant_id = $1 AND id = $2`,
      contactId,
      toIso(due),
    );
    const told = await explained(contactId);
    expect(told.verdict.kind).toBe('allow');
    expect(told).toMatchObject({
      callable: false,
      blocks: [{ code: 'contact.waiting', until: due, detail: { reason: 'retry.busy' } }],
    });
    // Due at night: the morning after.
    expect(told.nextEligibleAt).toBeGreaterThan(due);
    expect((await explained(contactId, told.nextEligibleAt!)).callable).toBe(true);
  });

  test('a schedule that has not begun, one that is over, and a contact that has ended', async () => {
    const startAt = toIso(WORKDAY_MORNING_CN + HOUR_MS);
    const later = await engine.addCampaign({ schedule: { startAt } });
    const waiting = await engine.addContact(later);
    const told = await explained(waiting.contactId);
    expect(codes(told)).toEqual(['schedule.not_begun']);
    expect(told.nextEligibleAt).toBe(Date.parse(startAt));

    const endAt = toIso(WORKDAY_MORNING_CN + 60_000);
    const short = await engine.addCampaign({ schedule: { endAt } });
    const late = await engine.addContact(short);
    const over = await explained(late.contactId, WORKDAY_MORNING_CN + HOUR_MS);
    expect(codes(over)).toEqual(['schedule.over']);

    await run(
      `UPDATE contacts SET state = 'converted', state_reason = 'disposition.converted' WHERE tenant_id = $1 AND id = $2`,
      late.contactId,
    );
    const ended = await explained(late.contactId);
    expect(ended.blocks).toMatchObject([
      { code: 'contact.ended', detail: { state: 'converted', reason: 'disposition.converted' } },
    ]);
  });
});

describe('an explanation of an earlier instant', () => {
  test('knows what was recorded by then, and nothing later', async () => {
    clock.set(WORKDAY_MORNING_CN);
    const campaignId = await engine.addCampaign();
    const ids = await engine.addContact(campaignId);
    clock.set(WORKDAY_MORNING_CN + 2 * HOUR_MS);
    await engine.db.inTenant(engine.tenantId, (tx) =>
      appendConsentEvent(
        tx,
        {
          personId: ids.personId,
          kind: 'withdrawal',
          purposes: ['marketing'],
          channels: ['voice'],
          level: 'implied',
          basis: 'withdrawal',
          source: 'hotline',
          evidenceHash: null,
          // Said before, and learned of now: what was done in between was done without knowing.
          occurredAt: WORKDAY_MORNING_CN,
          expiresAt: null,
          widens: [],
        },
        { at: clock.now(), by: 'test' },
      ),
    );
    await addEnded(ids, campaignId, 1, WORKDAY_MORNING_CN + HOUR_MS);
    expect((await explained(ids.contactId)).reasons).toContain('consent.withdrawn');
    const before = await explained(ids.contactId, WORKDAY_MORNING_CN + HOUR_MS / 2);
    expect(before.verdict.kind).toBe('allow');
    // While that call was up.
    const during = await explained(ids.contactId, WORKDAY_MORNING_CN + HOUR_MS + 30_000);
    expect(during.blocks.map((block) => block.code)).toEqual(['person.on_call']);
    clock.set(WORKDAY_MORNING_CN);
  });

  test('by the campaign as it was defined, paused and not there yet, and by the policies in force', async () => {
    clock.set(WORKDAY_MORNING_CN);
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const changed = WORKDAY_MORNING_CN + HOUR_MS;
    clock.set(changed);
    await run(
      `INSERT INTO campaign_revisions (tenant_id, campaign_id, revision, definition, changed_by, changed_at)
       SELECT tenant_id, id, 2, jsonb_set(definition, '{schedule,startAt}', to_jsonb($3::text)), 'test', $4 FROM campaigns
       WHERE tenant_id = $1 AND id = $2`,
      campaignId,
      toIso(changed + DAY_MS),
      toIso(changed),
    );
    for (const [status, at] of [
      ['paused', changed + HOUR_MS],
      ['running', changed + 2 * HOUR_MS],
    ] as const) {
      clock.set(at);
      await engine.db.inTenant(engine.tenantId, (tx) =>
        setCampaignStatus(tx, campaignId, { status, reason: null }),
      );
    }
    clock.set(changed + 3 * HOUR_MS);
    const at = async (instant: number) =>
      (await explained(contactId, instant)).blocks.map((block) => block.code);
    expect(await at(WORKDAY_MORNING_CN + 1_000)).toEqual([]);
    expect(await at(changed + 1_000)).toEqual(['schedule.not_begun']);
    expect(await at(changed + HOUR_MS + 1_000)).toEqual(['campaign.paused', 'schedule.not_begun']);
    expect(await at(changed + 2.5 * HOUR_MS)).toEqual(['schedule.not_begun']);
    const early = await engine.db.inTenant(engine.tenantId, async (tx) => {
      const contact = (await readContactStanding(tx, contactId, null))!;
      const asked = { at: WORKDAY_MORNING_CN - DAY_MS, now: clock.now() };
      return explain(tx, { clock, policies }, campaignId, askedOf(contact), contact, asked);
    });
    expect(early).toBeNull();
    clock.set(WORKDAY_MORNING_CN);
  });

  test('what has changed since is told as it was', async () => {
    clock.set(WORKDAY_MORNING_CN);
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    clock.set(WORKDAY_MORNING_CN + 2 * HOUR_MS);
    await run(`UPDATE contacts SET state = 'exhausted' WHERE tenant_id = $1 AND id = $2`, contactId);
    await run(`UPDATE carriers SET paused_real = now() WHERE tenant_id = $1`);
    clock.set(WORKDAY_MORNING_CN + 3 * HOUR_MS);
    await run(`UPDATE carriers SET paused_real = NULL WHERE tenant_id = $1`);
    const before = await explained(contactId, WORKDAY_MORNING_CN + HOUR_MS);
    expect(before).toMatchObject({ callable: true, blocks: [], unknown: [] });
    const between = await explained(contactId, WORKDAY_MORNING_CN + 2.5 * HOUR_MS);
    expect(between.blocks.map((block) => block.code)).toEqual(['contact.ended', 'carrier.paused']);
    clock.set(WORKDAY_MORNING_CN);
  });

  test('before a history was kept, it says what is not on record', async () => {
    clock.set(WORKDAY_MORNING_CN);
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    clock.set(WORKDAY_MORNING_CN + 2 * HOUR_MS);
    await run(
      `INSERT INTO fact_history (tenant_id, kind, key, until_at) VALUES ($1, 'history', 'begun', $2)`,
      toIso(clock.now()),
    );
    await run(
      `UPDATE contacts SET state = 'exhausted', updated_at = $3 WHERE tenant_id = $1 AND id = $2`,
      contactId,
      toIso(clock.now()),
    );
    const told = await explained(contactId, WORKDAY_MORNING_CN + HOUR_MS);
    expect(told.blocks).toEqual([]);
    expect(told.unknown.map((one) => one.fact)).toEqual(
      expect.arrayContaining(['campaign.status', 'carrier.paused', 'contact.state', 'contact.ready_at']),
    );
    clock.set(WORKDAY_MORNING_CN);
  });
});

describe('an explanation of an instant to come', () => {
  test('is by the policies that are published for it, and says so; the next instant too', async () => {
    clock.set(WORKDAY_MORNING_CN);
    const campaignId = await engine.addCampaign();
    const { contactId } = await engine.addContact(campaignId);
    const effectiveAt = WORKDAY_MORNING_CN + HOUR_MS;
    const stricter = bundledDocuments().map((document) =>
      document.id === 'house-marketing-cn' && document.kind === 'pack'
        ? {
            ...document,
            version: 99,
            rules: document.rules.map((rule) =>
              rule.id === 'house.marketing-cn.hours'
                ? { ...rule, version: 99, params: { windows: { daily: ['15:00-16:00'] } } }
                : rule,
            ),
          }
        : document,
    );
    const set = compilePolicySet(stricter);
    await engine.db.inTenant(engine.tenantId, async (tx) => {
      await storePolicySet(tx, { hash: set.hash, documents: stricter.map(toStored) }, clock.now());
      await tx.query(
        `INSERT INTO policy_activations (tenant_id, set_hash, activated_at, activated_by, effective_at)
         VALUES ($1, $2, $3, 'test', $4)`,
        [tx.tenantId, set.hash, toIso(clock.now()), toIso(effectiveAt)],
      );
    });
    const before = await explained(contactId, effectiveAt - 60_000);
    expect(before).toMatchObject({ callable: true, unknown: [{ fact: 'future.facts' }] });
    const after = await explained(contactId, effectiveAt + 60_000);
    expect(after).toMatchObject({ callable: false, verdict: { kind: 'defer' } });
    expect(after.unknown).toEqual([
      { fact: 'future.facts', taken: 'as it is now' },
      { fact: 'future.policies', taken: 'as it is published' },
    ]);
    const three = Date.parse('2026-11-20T15:00:00+08:00');
    expect(after.nextEligibleAt).toBe(three);
    // Held back until after the new set is in force: the next instant is by that one.
    await run(
      `UPDATE contacts SET ready_at = $3 WHERE tenant_id = $1 AND id = $2`,
      contactId,
      toIso(effectiveAt + 30_000),
    );
    expect((await explained(contactId)).nextEligibleAt).toBe(three);
  });
});
