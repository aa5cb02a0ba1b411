import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkRecoveryOf } from '../../cli/doctor/recovery.ts';
import { recordWorkflowRepair } from '../../db/repositories/open-workflows.ts';
import { recordOrphan } from '../../db/repositories/orphaned-calls.ts';
import { fixedClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());

const found = async () =>
  (await checkRecoveryOf({ ...engine, slug: 'test' })).map(({ level, what }) => `${level}: ${what}`);
const rows = (sql: string, ...values: unknown[]) =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query(sql, [engine.tenantId, ...values]));

/** An attempt as it stands `agoS` real seconds after its send. */
async function attempt(state: string, agoS: number): Promise<string> {
  const campaignId = await engine.addCampaign();
  const { contactId, personId } = await engine.addContact(campaignId);
  await rows(
    `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id, purpose,
       channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real, sending_real, rang_at, conversation,
       outcome)
     VALUES ($1, $2 || '/1', $2::uuid, $3, $4, '\\x00', 1, 1, gen_random_uuid(), 'service', 'voice', $5, $6, 1, now(), $7,
       now() - make_interval(secs => $8), now() - make_interval(secs => $8), $7, false,
       CASE WHEN $6 = 'ended' THEN 'unknown' END)`,
    contactId,
    campaignId,
    personId,
    engine.carrierId,
    state,
    new Date(clock.now()).toISOString(),
    agoS,
  );
  return `${contactId}/1`;
}

it('doctor says what could not be brought on, and what was that should not have been stuck; else that all is well', async () => {
  const well = ['ok: every call has its attempt, and every attempt its answer'];
  expect(await found()).toEqual(well);
  await attempt('unknown', 10);
  await attempt('sent', 60);
  expect(await found()).toEqual(well);

  const orphan = await attempt('ended', 60);
  await engine.db.inTenant(engine.tenantId, async (tx) => {
    const of = { carrierId: engine.carrierId, reference: 'r-1', attemptId: orphan, cause: 'ended' } as const;
    await recordOrphan(tx, { ...of, at: clock.now() });
    const ended = ['contact/a/b', 'contact/a/c'];
    await recordWorkflowRepair(tx, 'endWorkflows', ended, 'they ran for nobody', clock.now() - 1);
  });
  await rows(
    `INSERT INTO calls (tenant_id, attempt_id, carrier_id, carrier_ref, status, synthesized) VALUES ($1, $2, $3, 'r', 'ended', true)`,
    orphan,
    engine.carrierId,
  );
  await rows(`UPDATE orphaned_calls SET found_real = now() - interval '2 minutes' WHERE tenant_id = $1`);
  await attempt('unknown', 90);
  await attempt('sent', 400);
  const said = await found();
  expect(said.map((line) => /^warn: \d+ (\S+ \S+ \S+)/.exec(line)?.[0])).toEqual([
    'warn: 1 calls that a',
    'warn: 1 calls of the',
    'warn: 1 attempts are unknown:',
    'warn: 1 attempts of the',
    'warn: 1 calls are silent:',
    'warn: 2 workflows of the',
  ]);
  await rows('UPDATE orphaned_calls SET gone_real = now() WHERE tenant_id = $1');
  expect(await found()).toHaveLength(5);
});
