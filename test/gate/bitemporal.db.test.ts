import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { appendConsentEvent } from '../../db/repositories/consents.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { decisionById } from '../../db/repositories/decisions.ts';
import { locationId, locationsOf, retractLocations } from '../../db/repositories/locations.ts';
import { endSuppression, upsertSuppression } from '../../db/repositories/suppressions.ts';
import { fixedClock } from '../../domain/clock.ts';
import { isStatedSource } from '../../domain/facts.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';
import { decide, decisionValues, DECISION_COLUMNS, DECISION_VALUES } from '../../gate/decide.ts';
import { readDossier } from '../../gate/dossier.ts';
import { askedOf, explain } from '../../gate/explain.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { canonicalHash } from '../../policies/index.ts';
import type { Tx } from '../../db/client.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
const policies = createPolicyReader();
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());

const inTx = <T>(work: (tx: Tx) => Promise<T>) => engine.db.inTenant(engine.tenantId, work);

interface Someone {
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly number: string;
  readonly entries: string[];
  attempts: number;
}

/** What may happen to what is known of somebody; each in a transaction of its own, as it does in the engine. */
const HAPPENINGS = {
  withdrawal: (of: Someone) =>
    inTx((tx) => appendConsentEvent(tx, event(of, 'withdrawal'), { at: clock.now(), by: 'test' })),
  grant: (of: Someone) =>
    inTx((tx) => appendConsentEvent(tx, event(of, 'grant'), { at: clock.now(), by: 'test' })),
  suppression: (of: Someone) => addEntry(of, clock.now() + DAY_MS),
  suppressionForGood: (of: Someone) => addEntry(of, null),
  suppressionEnds: async (of: Someone) => {
    const id = of.entries.at(-1);
    if (id !== undefined) await inTx((tx) => endSuppression(tx, id, clock.now()));
  },
  listRefreshed: () =>
    inTx((tx) =>
      tx.query(
        `INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, 'us-national-dnc', $2)
         ON CONFLICT (tenant_id, list) DO UPDATE SET as_of = excluded.as_of`,
        [tx.tenantId, toIso(clock.now() - HOUR_MS)],
      ),
    ),
  located: (of: Someone) =>
    inTx((tx) =>
      tx.query(
        `UPDATE person_numbers SET locations = locations || $3::jsonb WHERE tenant_id = $1 AND person_id = $2`,
        [
          tx.tenantId,
          of.personId,
          JSON.stringify([
            {
              jurisdiction: 'CN-XJ',
              zone: 'Asia/Urumqi',
              source: 'address',
              confidence: 'high',
              recordedAt: clock.now(),
            },
          ]),
        ],
      ),
    ),
  placeTakenBack: (of: Someone) =>
    inTx(async (tx) => {
      const stated = (await locationsOf(tx, of.personId))!.filter(({ source }) => isStatedSource(source));
      await retractLocations(tx, of.personId, new Set(stated.map((one) => locationId(of.personId, one))));
    }),
  secondNumber: (of: Someone) =>
    inTx(async (tx) => {
      await tx.query('UPDATE person_numbers SET is_primary = false WHERE tenant_id = $1 AND person_id = $2', [
        tx.tenantId,
        of.personId,
      ]);
      await tx.query(
        `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                     locations, created_real)
         SELECT $1, $3, person_id, sealed_number, country, 'fixed_line', true, locations, now() FROM person_numbers
         WHERE tenant_id = $1 AND person_id = $2 LIMIT 1`,
        [tx.tenantId, of.personId, Buffer.from(uuidv7().replaceAll('-', ''), 'hex')],
      );
    }),
  attempt: (of: Someone) => callSomebody(of),
  lateEnd: (of: Someone) =>
    // The carrier tells of it a minute and a half after it was over: what was decided in between did not know.
    inTx((tx) =>
      tx.query(
        `UPDATE attempts SET state = 'ended', ended_at = $3, rang_at = $3, outcome = 'answered', conversation = true
         WHERE tenant_id = $1 AND contact_id = $2 AND ended_at IS NULL`,
        [tx.tenantId, of.contactId, toIso(clock.now() - 90_000)],
      ),
    ),
  lateDisposition: (of: Someone) =>
    inTx((tx) =>
      tx.query(
        `UPDATE attempts SET disposition = 'refused' WHERE tenant_id = $1 AND contact_id = $2 AND ended_at IS NOT NULL`,
        [tx.tenantId, of.contactId],
      ),
    ),
  pause: (of: Someone) =>
    inTx((tx) => setCampaignStatus(tx, of.campaignId, { status: 'paused', reason: null })),
  putOff: (of: Someone) =>
    inTx((tx) =>
      tx.query(`UPDATE contacts SET ready_at = $3 WHERE tenant_id = $1 AND id = $2`, [
        tx.tenantId,
        of.contactId,
        toIso(clock.now() + DAY_MS),
      ]),
    ),
} as const;

function event(of: Someone, kind: 'grant' | 'withdrawal') {
  return {
    personId: of.personId,
    kind,
    purposes: ['marketing' as const],
    channels: ['voice' as const],
    level: 'express' as const,
    basis: 'explicit',
    source: 'hotline',
    evidenceHash: null,
    // Said an hour before it is entered: between the two nobody here knew.
    occurredAt: clock.now() - HOUR_MS,
    expiresAt: null,
    widens: [],
  };
}

async function addEntry(of: Someone, validUntil: number | null): Promise<void> {
  const { id } = await inTx((tx) =>
    upsertSuppression(
      tx,
      {
        numberHash: engine.vault.numberHash(engine.tenantId, of.number),
        list: 'internal',
        scope: 'tenant',
        campaignId: null,
        purpose: null,
        source: 'test',
        requestedByPerson: true,
        validFrom: clock.now(),
        validUntil,
      },
      { at: clock.now(), by: 'test' },
    ),
  );
  of.entries.push(id);
}

async function callSomebody(of: Someone): Promise<void> {
  of.attempts += 1;
  await inTx((tx) =>
    tx.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                             rang_at, conversation)
       SELECT $1, $2::uuid::text || '/' || $4::int, $2, $3, p.person_id, p.number_hash, $4::int, $4::int,
              gen_random_uuid(), 'marketing', 'voice', $6, 'claimed', 1, now(), $5, now(), $5, false
       FROM person_numbers p WHERE p.tenant_id = $1 AND p.person_id = $7 AND p.is_primary`,
      [
        tx.tenantId,
        of.contactId,
        of.campaignId,
        of.attempts,
        toIso(clock.now()),
        engine.carrierId,
        of.personId,
      ],
    ),
  );
  clock.advance(1_000);
  await inTx((tx) =>
    tx.query(
      `UPDATE attempts SET state = 'sent', sent_at = $3, rang_at = $3 WHERE tenant_id = $1 AND id = $2`,
      [tx.tenantId, `${of.contactId}/${of.attempts}`, toIso(clock.now())],
    ),
  );
}

let decisionsMade = 0;
/** As the gate does: dossier, decision, stored in one transaction. */
async function decideNow(of: Someone): Promise<string> {
  return inTx(async (tx) => {
    const dossier = (await readDossier(tx, of.contactId, clock.now()))!;
    const decided = await decide(tx, engine.policies, clock, dossier, clock.now());
    await tx.query(
      `INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${DECISION_VALUES})`,
      decisionValues(tx, dossier, decided, 'dial', (decisionsMade += 1)),
    );
    return decided.decisionId;
  });
}

test('whatever is corrected later, the instant of a decision is told as the decision was made', async () => {
  const happening = fc.constantFrom(...(Object.keys(HAPPENINGS) as (keyof typeof HAPPENINGS)[]));
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 3, maxLength: 12 }), async (happenings) => {
      // On and on: what was changed stays changed for those who come later, lists for all of them.
      clock.advance(HOUR_MS);
      const campaignId = await engine.addCampaign();
      const of: Someone = { campaignId, ...(await engine.addContact(campaignId)), entries: [], attempts: 0 };
      clock.advance(MINUTE_MS);
      const decisions = [await decideNow(of)];
      for (const name of happenings) {
        clock.advance(MINUTE_MS);
        await HAPPENINGS[name](of);
        clock.advance(MINUTE_MS);
        decisions.push(await decideNow(of));
      }
      clock.advance(HOUR_MS);
      for (const id of decisions) {
        await inTx(async (tx) => {
          const made = (await decisionById(tx, id))!;
          const { at } = made;
          const contact = (await readContactStanding(tx, of.contactId, at))!;
          const told = (await explain(tx, { clock, policies }, campaignId, askedOf(contact), contact, {
            at,
            now: clock.now(),
          }))!;
          expect(told).toMatchObject({
            verdict: { kind: made.verdict },
            reasons: made.reasons,
            factsHash: made.factsHash,
            decision: { id, agrees: true },
            unknown: [],
          });
          // Also where no decision had been made: read from history alone, the facts are the same to the last bit.
          const campaign = {
            id: campaignId,
            definition: told.campaign.definition,
            carrierId: engine.carrierId,
          };
          const facts = await readFactsAt(tx, campaign, askedOf(contact), at, at);
          expect(facts).toEqual(made.facts);
          expect(canonicalHash(facts)).toBe(made.factsHash);
        });
      }
    }),
    { numRuns: 20 },
  );
});

test('what was changed can be read and added to, and neither changed nor removed', async () => {
  for (const text of [
    `UPDATE fact_history SET was = NULL WHERE tenant_id = $1`,
    `DELETE FROM fact_history WHERE tenant_id = $1`,
  ]) {
    await expect(inTx((tx) => tx.query(text, [tx.tenantId]))).rejects.toThrow(/permission denied/);
  }
});
