import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../db/client.ts';
import { fixedClock } from '../../domain/clock.ts';
import { readDossier } from '../../gate/dossier.ts';
import { asOwner } from '../support/blank-database.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());

/** Attempts as many calls leave them: of one person, or (null) each of a stranger. */
async function addAttempts(of: {
  readonly campaignId: string;
  readonly state: 'ended' | 'sent';
  readonly count: number;
  readonly personId: string | null;
}): Promise<void> {
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                             rang_at, conversation)
       SELECT $1, c.id::text || '/1', c.id, $2, coalesce($5, gen_random_uuid()), decode('00', 'hex'), 1, 1,
              gen_random_uuid(), 'marketing', 'voice', $6, $3, 1, now(), now(), now(), now(), false
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $4)) c`,
      [tx.tenantId, of.campaignId, of.state, of.count, of.personId, engine.carrierId],
    ),
  );
}

/** Rows of attempts that this transaction has read so far, by whichever index. */
async function attemptsRead(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ read: number }>(
    `SELECT pg_stat_get_xact_tuples_fetched('attempts'::regclass)
            + coalesce(sum(pg_stat_get_xact_tuples_fetched(i.indexrelid)), 0)::bigint
            + pg_stat_get_xact_tuples_returned('attempts'::regclass) AS read
     FROM pg_index i WHERE i.indrelid = 'attempts'::regclass`,
  );
  return row!.read;
}

test('a decision about somebody does not read the calls of others, however many are up', async () => {
  const campaignId = await engine.addCampaign();
  const { contactId, personId } = await engine.addContact(campaignId);
  // As in an installation that was in use for long: its statistics know of many calls, and of none that is up.
  await addAttempts({ campaignId, state: 'ended', count: 2_000, personId: null });
  await asOwner(engine.url, 'VACUUM ANALYZE attempts');
  await addAttempts({ campaignId, state: 'sent', count: 300, personId: null });
  const { read, open } = await engine.db.inTenant(engine.tenantId, async (tx) => {
    const before = await attemptsRead(tx);
    const dossier = await readDossier(tx, contactId, clock.now(), 1);
    return { read: (await attemptsRead(tx)) - before, open: dossier!.openAttemptId };
  });
  expect(open).toBeNull();
  expect(read).toBeLessThan(10);

  await addAttempts({ campaignId, state: 'sent', count: 1, personId });
  const busy = await engine.db.inTenant(engine.tenantId, (tx) => readDossier(tx, contactId, clock.now(), 1));
  expect(busy!.openAttemptId).not.toBeNull();
});
