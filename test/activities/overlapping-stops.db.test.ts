import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { claimAttempt } from '../../activities/calls/claim.ts';
import { settleDuePromises } from '../../activities/services/callbacks.ts';
import { pauseCampaign, resumeCampaign, stopCampaign } from '../../api/actions/campaign-life.ts';
import { promiseCallback } from '../../api/actions/callbacks.ts';
import { withdrawConsent } from '../../api/actions/consent.ts';
import { resumeAllDialling, stopAllDialling } from '../../api/actions/kill-switch.ts';
import { stopContact } from '../../api/actions/stop-contact.ts';
import { suppressNumber } from '../../api/actions/suppress.ts';
import { closeCampaign } from '../../activities/pace/close-campaign.ts';
import { pauseCarrier, resumeCarrier } from '../../db/pause-carrier.ts';
import { callbackById } from '../../db/repositories/callbacks.ts';
import { resumeEverything, stopEverything } from '../../db/stop-everything.ts';
import { fixedClock } from '../../domain/clock.ts';
import { HOUR_MS, toIso } from '../../domain/time.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine({ clock });
});
afterAll(() => engine.close());
beforeEach(() => clock.set(WORKDAY_MORNING_CN));

const who = () => ({ tenantId: engine.tenantId, by: 'test', requestId: null, reason: null });
const deps = () => ({
  db: engine.db,
  clock,
  defaultPolicySet: () => {
    throw new Error('a set is in force');
  },
});

interface Stoppable {
  readonly campaignId: string;
}
/** Each scope that can be stopped and let go on, with the reason that the gate gives. */
const SCOPES = {
  campaign: {
    held: 'campaign.paused',
    stop: ({ campaignId }: Stoppable) => pauseCampaign(deps(), { ...who(), campaignId }),
    lift: ({ campaignId }: Stoppable) => resumeCampaign(deps(), { ...who(), campaignId }),
  },
  carrier: {
    held: 'carrier.paused',
    stop: () => pauseCarrier(deps(), { ...who(), carrierId: engine.carrierId }),
    lift: () => resumeCarrier(deps(), { ...who(), carrierId: engine.carrierId }),
  },
  tenant: {
    held: 'tenant.stopped',
    stop: () => stopAllDialling(deps(), who()),
    lift: () => resumeAllDialling(deps(), who()),
  },
  everything: {
    held: 'installation.stopped',
    stop: () => stopEverything(deps(), who()),
    lift: () => resumeEverything(deps(), who()),
  },
} as const;
type ScopeName = keyof typeof SCOPES;
const NAMES = Object.keys(SCOPES) as ScopeName[];
const HELD: ReadonlySet<unknown> = new Set(NAMES.map((name) => SCOPES[name].held));

async function contactOf(campaignId: string) {
  const { contactId, personId, number } = await engine.addContact(campaignId);
  return { campaignId, contactId, personId, number };
}

async function gate({ campaignId, contactId }: { campaignId: string; contactId: string }): Promise<unknown> {
  const claim = await engine.db.inTenant(engine.tenantId, async (tx) => {
    const [row] = await tx.query<{ admissions: number }>(
      `UPDATE contacts SET state = 'admitted', admissions = admissions + 1, admitted_real = now()
       WHERE tenant_id = $1 AND id = $2 RETURNING admissions`,
      [engine.tenantId, contactId],
    );
    return claimAttempt(tx, engine, { campaignId, contactId, admission: row!.admissions });
  });
  return claim.kind === 'closed' ? (claim.result as { reason?: string }).reason : claim.kind;
}

it('I3: whatever is stopped and lifted in whatever order, the gate is open when every stop is lifted, and only then', async () => {
  const campaignId = await engine.addCampaign();
  const deed = fc.record({ name: fc.constantFrom(...NAMES), stop: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 8 }), async (deeds) => {
      const contact = await contactOf(campaignId);
      const standing = new Set<ScopeName>();
      for (const { name, stop } of deeds) {
        await (stop ? SCOPES[name].stop(contact) : SCOPES[name].lift(contact));
        if (stop) standing.add(name);
        else standing.delete(name);
      }
      const said = await gate(contact);
      if (standing.size === 0) expect(said).toBe('permit');
      else expect([...standing].map((name) => SCOPES[name].held)).toContain(said);
      for (const name of standing) await SCOPES[name].lift(contact);
    }),
    { numRuns: 8, seed: 6 },
  );
});

it('I3: stops and lifts of overlapping scopes at once leave nothing half done: each answers, and the gate goes by what stands', async () => {
  const campaignId = await engine.addCampaign();
  for (let round = 0; round < 3; round += 1) {
    const contact = await contactOf(campaignId);
    await Promise.all(
      NAMES.flatMap((name) => [
        SCOPES[name].stop(contact),
        SCOPES[name].lift(contact),
        SCOPES[name].stop(contact),
      ]),
    );
    // Both a stop and a lift may have come last; another stop settles it.
    await Promise.all(NAMES.map((name) => SCOPES[name].stop(contact)));
    expect(HELD.has(await gate(contact))).toBe(true);
    await Promise.all(NAMES.map((name) => SCOPES[name].lift(contact)));
    expect(await gate(contact)).toBe('permit');
    const open = await engine.db.inTenant(engine.tenantId, (tx) =>
      tx.query('SELECT id FROM stop_requests WHERE tenant_id = $1 AND acknowledged_real IS NULL', [
        engine.tenantId,
      ]),
    );
    expect(open).toEqual([]);
    await stopContact(deps(), { ...who(), contactId: contact.contactId });
  }
});

/** A contact of a campaign of its own with a call promised for the next hour but one. */
async function promised() {
  const contact = await contactOf(await engine.addCampaign());
  const { callback } = await promiseCallback({ ...deps(), policies: createPolicyReader() }, who(), {
    contactId: contact.contactId,
    window: { from: toIso(clock.now() + HOUR_MS), until: toIso(clock.now() + 2 * HOUR_MS) },
    topic: null,
    owner: null,
    askedBy: 'staff',
  });
  const stands = async () => {
    const row = await engine.db.inTenant(engine.tenantId, (tx) => callbackById(tx, callback.id));
    return [row!.status, row!.reason];
  };
  return { ...contact, stands };
}
type Promised = Awaited<ReturnType<typeof promised>>;

it.each<[string, (contact: Promised) => Promise<unknown>, string]>([
  [
    'a withdrawal',
    ({ personId }) =>
      withdrawConsent(deps(), who(), {
        personId,
        purposes: ['marketing'],
        channels: ['voice'],
        source: 'hotline',
        evidenceHash: null,
        occurredAt: clock.now(),
      }),
    'consent.withdrawn',
  ],
  [
    'a do-not-call entry',
    ({ number }) =>
      suppressNumber(deps(), who(), {
        numberHash: engine.vault.numberHash(engine.tenantId, number),
        list: 'internal',
        scope: 'tenant',
        campaignId: null,
        purpose: null,
        source: 'hotline',
        requestedByPerson: true,
        validFrom: clock.now(),
        validUntil: null,
      }),
    'suppression.tenant',
  ],
  [
    'the stop of a contact',
    ({ contactId }) => stopContact(deps(), { ...who(), contactId }),
    'contact.stopped',
  ],
  [
    'the stop of a campaign',
    async ({ campaignId }) => {
      await stopCampaign(deps(), { ...who(), campaignId });
      await closeCampaign(deps(), { tenantId: engine.tenantId, campaignId }, () => undefined);
    },
    'campaign.over',
  ],
])('I11: %s cancels the call that was promised, with the reason', async (_name, stop, reason) => {
  const contact = await promised();
  await stop(contact);
  expect(await contact.stands()).toEqual(['cancelled', reason]);
});

it.each(NAMES)(
  'I11: a stop that can be lifted (%s) leaves the promise, which is breached with that reason',
  async (name) => {
    const contact = await promised();
    await SCOPES[name].stop(contact);
    expect(await contact.stands()).toEqual(['promised', null]);
    clock.advance(2 * HOUR_MS);
    await settleDuePromises({ ...deps(), policies: createPolicyReader() }, engine.tenantId);
    expect(await contact.stands()).toEqual(['breached', SCOPES[name].held]);
    await SCOPES[name].lift(contact);
  },
);
