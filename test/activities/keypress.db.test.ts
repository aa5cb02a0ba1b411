import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { placeCall } from '../../activities/calls/place-call.ts';
import { settlePendingEvents } from '../../activities/services/settle-events.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { storeCallEvents, type ReceivedCallEvent } from '../../db/repositories/call-events.ts';
import { insertScript } from '../../db/repositories/scripts.ts';
import { fixedClock } from '../../domain/clock.ts';
import { scriptDocumentSchema } from '../../domain/script.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { offerScript } from '../support/script.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
let scriptId: string;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
  scriptId = uuidv7();
  const document = scriptDocumentSchema.parse(offerScript('An offer.'));
  await engine.db.inTenant(engine.tenantId, (tx) =>
    insertScript(
      tx,
      { id: scriptId, name: 'Offer' },
      { document, hash: '00', by: 'test', at: clock.now() - 1 },
    ),
  );
});
afterAll(() => engine.close());
beforeEach(() => clock.set(WORKDAY_MORNING_CN));

async function query<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

/** Somebody on a call of a campaign, with a contact of theirs in another one whose permit is not used yet. */
async function onCall(script: boolean) {
  const scripted = script ? { script: { id: scriptId, version: 1 } } : {};
  const campaignId = await engine.addCampaign(scripted);
  const { contactId, personId } = await engine.addContact(campaignId);
  const otherCampaignId = await engine.addCampaign();
  const other = await engine.addContact(otherCampaignId, { personId });
  const admit = (id: string) =>
    query(
      `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
      id,
    );
  await admit(contactId);
  const placed = await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission: 1 });
  expect(placed).toEqual({ kind: 'pending' });
  const attemptId = `${contactId}/1`;
  // The gate lets nobody be called twice at once, so that the other permit is as a second process would have left it.
  await query(
    `INSERT INTO attempts SELECT (jsonb_populate_record(a, jsonb_build_object('id', $3::text, 'contact_id', $4::uuid,
       'campaign_id', $5::uuid, 'state', 'claimed', 'carrier_ref', NULL))).* FROM attempts a
     WHERE tenant_id = $1 AND id = $2`,
    attemptId,
    `${other.contactId}/1`,
    other.contactId,
    otherCampaignId,
  );
  return { attemptId, contactId, personId, otherContactId: other.contactId };
}
type OnCall = Awaited<ReturnType<typeof onCall>>;

async function tell(
  { attemptId }: OnCall,
  ...events: (Partial<ReceivedCallEvent> & { type: string })[]
): Promise<void> {
  await engine.db.inTenant(engine.tenantId, (tx) =>
    storeCallEvents(
      tx,
      engine.carrierId,
      events.map((event) => ({
        eventId: uuidv7(),
        attemptId,
        reference: 'ref',
        at: clock.now(),
        digits: null,
        end: null,
        ...event,
      })),
    ),
  );
  await settlePendingEvents(engine, engine.tenantId);
}

const ended = (disposition: string) => ({
  type: 'ended',
  end: {
    at: clock.now(),
    outcome: 'answered' as const,
    by: 'callee' as const,
    sip: null,
    q850: null,
    vendorCode: null,
    talkS: 20,
    ringS: 5,
    disposition,
    synthesized: false,
  },
});

const attemptOf = async (id: string) =>
  (
    await query<{ state: string; hangup: boolean }>(
      `SELECT state, hangup_requested_real IS NOT NULL AS hangup FROM attempts WHERE tenant_id = $1 AND id = $2`,
      id,
    )
  )[0]!;

/** What is on record of the person's "no". */
async function record({ personId, attemptId }: OnCall) {
  const [row] = await query<Record<string, number>>(
    `SELECT (SELECT count(*) FROM consent_events WHERE tenant_id = $1 AND person_id = $2 AND kind = 'withdrawal') AS withdrawals,
            (SELECT count(*) FROM stop_requests WHERE tenant_id = $1 AND target_id = $2) AS stops,
            (SELECT count(*) FROM changes WHERE tenant_id = $1 AND resource_id = $2::text) AS changes,
            (SELECT count(*) FROM suppressions WHERE tenant_id = $1 AND source = $3) AS entries`,
    personId,
    `attempt ${attemptId}`,
  );
  return row!;
}
const ONCE = { withdrawals: 1, stops: 1, changes: 1, entries: 1 };
const NOTHING = { withdrawals: 0, stops: 0, changes: 0, entries: 0 };

it('I3: the key that the script says is the opt-out binds when it is pressed: permits elsewhere are taken back, contacts end, and the call goes on', async () => {
  const call = await onCall(true);
  await tell(call, { type: 'answered' }, { type: 'dtmf', digits: '9' });
  expect(await record(call)).toEqual(ONCE);
  expect(await attemptOf(`${call.otherContactId}/1`)).toEqual({ state: 'revoked', hangup: false });
  expect(await attemptOf(call.attemptId)).toEqual({ state: 'sent', hangup: false });
  const states = await query<{ state: string }>(
    'SELECT DISTINCT state FROM contacts WHERE tenant_id = $1 AND person_id = $2',
    call.personId,
  );
  expect(states).toEqual([{ state: 'withdrawn' }]);
  const [stop] = await query<{ acknowledged: boolean; detail: object }>(
    `SELECT acknowledged_real >= committed_real AND requested_real <= committed_real AS acknowledged, detail
     FROM stop_requests WHERE tenant_id = $1 AND target_id = $2`,
    call.personId,
  );
  expect(stop).toMatchObject({ acknowledged: true, detail: { saidBy: 'keypress' } });
});

it('the call’s end that says the same, and the same key again, change nothing more', async () => {
  const call = await onCall(true);
  await tell(call, { type: 'answered' }, { type: 'dtmf', digits: '9' });
  clock.advance(20_000);
  await tell(call, { type: 'dtmf', digits: '9' });
  await tell(call, ended('opted_out'));
  await tell(call, { type: 'dtmf', digits: '9' });
  expect(await record(call)).toEqual(ONCE);
  expect(await attemptOf(call.attemptId)).toMatchObject({ state: 'ended' });
  const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
  expect(verdict.invariants.find((one) => one.id === 'I3')!.violations).toEqual([]);
});

it('what the key said holds whatever the call ends as, and when the key is told of before the answer, or after the end', async () => {
  const early = await onCall(true);
  await tell(early, { type: 'dtmf', digits: '9' });
  expect(await attemptOf(early.attemptId)).toEqual({ state: 'sent', hangup: false });
  await tell(early, { type: 'answered' }, ended('completed'));
  expect(await record(early)).toEqual(ONCE);
  const late = await onCall(true);
  await tell(late, ended('completed'));
  expect(await record(late)).toEqual(NOTHING);
  await tell(late, { type: 'dtmf', digits: '9' });
  expect(await record(late)).toEqual(ONCE);
});

it('other keys say nothing, and keys of a dialogue that is not known wait for what the end says', async () => {
  const agreed = await onCall(true);
  await tell(agreed, { type: 'answered' }, { type: 'dtmf', digits: '1' });
  expect(await record(agreed)).toEqual(NOTHING);
  const unscripted = await onCall(false);
  await tell(unscripted, { type: 'answered' }, { type: 'dtmf', digits: '9' });
  expect(await record(unscripted)).toEqual(NOTHING);
  await tell(unscripted, ended('opted_out'));
  expect(await record(unscripted)).toEqual(ONCE);
});

it('the carrier is told with the call which keys its script knows, and of none where there is no script', async () => {
  const scripted = await onCall(true);
  const unscripted = await onCall(false);
  const contexts = new Map(
    (await engine.requests()).map((line) => [
      line.attemptId,
      (line as unknown as { context: unknown }).context,
    ]),
  );
  expect(contexts.get(scripted.attemptId)).toEqual({
    purpose: 'marketing',
    'digit.interested': '1',
    'digit.opted_out': '9',
  });
  expect(contexts.get(unscripted.attemptId)).toEqual({ purpose: 'marketing' });
});
