import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixedClock } from '../../domain/clock.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { readDossier } from '../../gate/dossier.ts';
import { askedOf } from '../../gate/explain.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { readFactsOf, readLists } from '../../gate/facts-batch.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
const SCRIPT = '0198c0de-0000-7000-8000-000000000001';
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `INSERT INTO script_versions (tenant_id, script_id, version, document, hash, created_by, created_at)
       SELECT $1, $2, v, jsonb_build_object('declares', jsonb_build_object(
                'discloses', '[]'::jsonb, 'aiLabel', NULL,
                'optOut', CASE WHEN v = 1 THEN '[{"means": "keypress", "endsWithinS": 5}]'::jsonb ELSE '[]' END)),
              v::text, 'test', now()
       FROM generate_series(1, 2) v`,
      [engine.tenantId, SCRIPT],
    ),
  );
});
afterAll(() => engine.close());

/** The facts of a contact in the arm, as the gate, dry runs and explanations read them. */
async function factsIn(arm: 'first' | 'second'): Promise<DialFacts[]> {
  const script = (version: number) => ({ id: SCRIPT, version });
  const campaignId = await engine.addCampaign({
    script: script(1),
    rules: {
      experiments: {
        script: [
          { name: 'first', script: script(1) },
          { name: 'second', script: script(2) },
        ],
      },
    },
  });
  const { contactId } = await engine.addContact(campaignId);
  return engine.db.inTenant(engine.tenantId, async (tx) => {
    await tx.query('UPDATE contacts SET arms = $3 WHERE tenant_id = $1 AND id = $2', [
      tx.tenantId,
      contactId,
      JSON.stringify({ script: arm }),
    ]);
    const { definition } = (await campaignById(tx, campaignId))!;
    const campaign = { id: campaignId, definition, carrierId: engine.carrierId };
    const now = clock.now();
    const [batched] = await readFactsOf(tx, campaign, await readLists(tx), [contactId], now);
    const asked = askedOf((await readContactStanding(tx, contactId, null))!);
    return [
      (await readDossier(tx, contactId, now))!.facts,
      batched!.facts!,
      await readFactsAt(tx, campaign, asked, now, now),
    ];
  });
}

it('rules look at what the script of the contact’s own arm declares, not at the campaign’s', async () => {
  for (const { dialogue } of await factsIn('first')) {
    expect(dialogue).toMatchObject({ version: 1, optOut: [{ means: 'keypress' }] });
  }
  for (const { dialogue } of await factsIn('second'))
    expect(dialogue).toMatchObject({ version: 2, optOut: [] });
});
