import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { settleAttempt } from '../../activities/calls/settle.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { withdraw } from '../../db/withdrawal.ts';
import { fixedClock } from '../../domain/clock.ts';
import { HOUR_MS, toIso } from '../../domain/time.ts';
import { CHANNELS, PURPOSES } from '../../domain/vocabulary.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());
beforeEach(() => clock.set(WORKDAY_MORNING_CN));

async function query<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
  return engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));
}

/** A person with a contact in each of two campaigns. */
async function wanted() {
  const campaignId = await engine.addCampaign();
  const one = await engine.addContact(campaignId);
  const otherCampaignId = await engine.addCampaign();
  const other = await engine.addContact(otherCampaignId, { personId: one.personId });
  return { campaignId, ...one, otherCampaignId, otherContactId: other.contactId };
}
type Wanted = Awaited<ReturnType<typeof wanted>>;

async function admit(contactId: string): Promise<void> {
  await query(
    `UPDATE contacts SET state = 'admitted', admissions = 1, admitted_real = now() WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
}

/** Each takes a withdrawal for everything; `before` runs just before it is recorded. */
const WAYS: Readonly<Record<string, (person: Wanted, before?: () => Promise<void>) => Promise<void>>> = {
  'by request': async ({ personId }, before) => {
    await before?.();
    await withdraw(
      engine.db,
      clock,
      { tenantId: engine.tenantId, by: 'user:agent', requestId: 'r-1' },
      {
        personId,
        purposes: [...PURPOSES],
        channels: [...CHANNELS],
        level: 'implied',
        basis: 'withdrawal',
        source: 'hotline',
        evidenceHash: null,
        occurredAt: clock.now(),
        expiresAt: null,
        widens: [],
        endsAs: 'consent.withdrawn',
      },
    );
  },
  'by a key in a call': async ({ campaignId, contactId }, before) => {
    await admit(contactId);
    const placed = await placeCall(engine, {
      tenantId: engine.tenantId,
      campaignId,
      contactId,
      admission: 1,
    });
    expect(placed).toEqual({ kind: 'pending' });
    const attemptId = `${contactId}/1`;
    await query(
      `UPDATE attempts SET state = 'ended', ended_at = $3, outcome = 'answered', disposition = 'opted_out'
       WHERE tenant_id = $1 AND id = $2`,
      attemptId,
      toIso(clock.now()),
    );
    await before?.();
    await engine.db.inTenant(engine.tenantId, (tx) => settleAttempt(tx, clock, attemptId));
  },
};

describe.each(Object.entries(WAYS))('a withdrawal %s', (_way, take) => {
  it('is an event, ends the contacts of every campaign, is acknowledged, and stands in the change log', async () => {
    const person = await wanted();
    await take(person);
    const events = await query<{ id: string; purposes: string[]; channels: string[] }>(
      `SELECT id, purposes, channels FROM consent_events
       WHERE tenant_id = $1 AND person_id = $2 AND kind = 'withdrawal'`,
      person.personId,
    );
    expect(events).toMatchObject([{ purposes: [...PURPOSES], channels: [...CHANNELS] }]);
    const states = await query<{ state: string }>(
      'SELECT state FROM contacts WHERE tenant_id = $1 AND id = ANY($2) ORDER BY id',
      [person.contactId, person.otherContactId],
    );
    expect(states).toEqual([{ state: 'withdrawn' }, { state: 'withdrawn' }]);
    const stops = await query<{ kind: string; acknowledged: boolean; detail: object }>(
      `SELECT kind, acknowledged_real >= committed_real AS acknowledged, detail FROM stop_requests
       WHERE tenant_id = $1 AND target_id = $2`,
      person.personId,
    );
    expect(stops).toMatchObject([
      {
        kind: 'withdrawal',
        acknowledged: true,
        detail: { purposes: [...PURPOSES], channels: [...CHANNELS] },
      },
    ]);
    const changes = await query<{ action: string; event: string }>(
      `SELECT action, after->>'eventId' AS event FROM changes WHERE tenant_id = $1 AND resource_id = $2`,
      person.personId,
    );
    expect(changes).toEqual([{ action: 'withdrawConsent', event: events[0]!.id }]);
    const verdict = await verifyAudit({ db: engine.db, tenantId: engine.tenantId });
    expect(verdict.invariants.find((one) => one.id === 'I3')!.violations).toEqual([]);
  });
});

describe('another campaign', () => {
  const claimOther = async (person: Wanted) => {
    clock.set(clock.now() + 6 * HOUR_MS);
    await admit(person.otherContactId);
    return engine.db.inTenant(engine.tenantId, (tx) =>
      claimAttempt(tx, engine, {
        contactId: person.otherContactId,
        campaignId: person.otherCampaignId,
        admission: 1,
      }),
    );
  };
  const permitsOf = (person: Wanted) =>
    query<{ state: string }>(
      'SELECT state FROM attempts WHERE tenant_id = $1 AND id = $2',
      `${person.otherContactId}/1`,
    );

  it('has its permit taken back by a withdrawal by request', async () => {
    const person = await wanted();
    expect(await claimOther(person)).toMatchObject({ kind: 'permit' });
    await WAYS['by request']!(person);
    expect(await permitsOf(person)).toEqual([{ state: 'revoked' }]);
  });

  it('gets none from the moment that a key is pressed in a call', async () => {
    const person = await wanted();
    await WAYS['by a key in a call']!(person, async () => {
      expect(await claimOther(person)).toMatchObject({ kind: 'closed', result: { kind: 'waiting' } });
    });
    expect(await permitsOf(person)).toEqual([]);
  });
});
