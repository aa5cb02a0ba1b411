import type pg from 'pg';
import { openDatabase, type Database } from '../../db/client.ts';
import { keepCallerNumber } from '../../db/repositories/attestations.ts';
import { insertCampaign, setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { upsertCarrier } from '../../db/repositories/carriers.ts';
import { cohortOf } from '../../db/repositories/hopper.ts';
import { activatePolicySet, storePolicySet } from '../../db/repositories/policies.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { campaignDefinitionSchema } from '../../domain/campaign.ts';
import { fixedClock } from '../../domain/clock.ts';
import { DAY_MS, toIso } from '../../domain/time.ts';
import {
  bundledDocuments,
  callerIdOf,
  compilePolicySet,
  locateNumber,
  toStored,
} from '../../policies/index.ts';
import { withoutIndexes } from './bulk.ts';
import type { Report } from './result.ts';
import { withClient, type BenchServers } from './servers.ts';

/**
 * A database as it is after years of use: people in China and the United States, one contact each in one running
 * marketing campaign, with consents, do-not-call entries and past attempts with their calls. Made by SQL; sealed
 * fields hold random bytes, since nothing here opens them. No decisions or call events: ten million of them would be
 * tens of gigabytes, and the gate only adds to them.
 */
export interface FilledDatabase {
  readonly url: string;
  readonly tenantId: string;
  readonly campaignId: string;
  readonly people: number;
  readonly attemptsEach: number;
  /** The size in words. */
  readonly size: string;
  drop(): Promise<void>;
}

export const FILLED_TENANT = 'bench';
/** Friday 2026-11-20 09:20 in Shanghai, Thursday 20:20 in New York and 17:20 in Los Angeles: everybody may be called. */
export const ALL_OPEN = Date.parse('2026-11-20T01:20:00Z');
/** Friday 20:10 in Shanghai, 07:10 in New York and 04:10 in Los Angeles: nobody may be called. */
export const ALL_CLOSED = Date.parse('2026-11-20T12:10:00Z');

/** Ids of the i-th person and contact, from 0; sorted as they were made, as version 7 ids are. */
export const personIdOf = (i: number) => `00000000-0000-7000-8001-${hex(i)}`;
export const contactIdOf = (i: number) => `00000000-0000-7000-8002-${hex(i)}`;
const hex = (i: number) => i.toString(16).padStart(12, '0');
const CAMPAIGN_ID = '00000000-0000-7000-8000-000000000001';

/** Of ten people: six may be called, and one each was called too often, never consented, is suppressed, withdrew. */
export const KINDS = [
  'free',
  'free',
  'free',
  'free',
  'free',
  'free',
  'capped',
  'no_consent',
  'suppressed',
  'withdrew',
] as const;
export const kindOf = (i: number) => KINDS[i % KINDS.length]!;

/** Half in China, half in the United States; numbers of the fictional range there, made up here, to read their places. */
const SAMPLE_NUMBERS = [
  '+8619900000100',
  '+12125550100',
  '+13125550100',
  '+12085550100',
  '+14155550100',
  '+17015550100',
] as const;

/** SQL of which sample number the i-th person has: every second ten people in China. */
const PLACE_SQL = `(CASE WHEN (i / 10) % 2 = 0 THEN 0 ELSE 1 + (i / 20) % 5 END)`;
const uuidSql = (group: string, of: string) =>
  `('00000000-0000-7000-${group}-' || lpad(to_hex(${of}), 12, '0'))::uuid`;
const HASH_SQL = `sha256(int8send((i + 1000000000)::bigint))`;

/** Days between one person's past attempts: at most one in 30 days; for the capped, three in the latest 16. */
const ATTEMPT_GAP_DAYS = 37;
const LATEST_ATTEMPT_DAYS = 4;

export async function fillDatabase(options: {
  readonly servers: BenchServers;
  readonly people: number;
  readonly attemptsEach: number;
  readonly report: Report;
}): Promise<FilledDatabase> {
  const { servers, people, attemptsEach, report } = options;
  const since = performance.now();
  const database = await servers.newDatabase();
  const db = await openDatabase(database.url, { maxConnections: 2 });
  const tenantId = await withClosed(db, () => baseRows(db));
  await withClient(database.url, async (client) => {
    await client.query(`SELECT set_config('synchronous_commit', 'off', false)`);
    const tables = [
      'persons',
      'person_numbers',
      'contacts',
      'consent_events',
      'suppressions',
      'attempts',
      'calls',
    ];
    const step = (text: string) =>
      report(`  filling, ${((performance.now() - since) / 1_000).toFixed(0)} s: ${text}`);
    await withoutIndexes(client, tables, () => insertAll(client, tenantId, people, attemptsEach, step), step);
    await client.query('CHECKPOINT');
  });
  const size = `${people.toLocaleString('en-US')} people and contacts, ${(people * attemptsEach).toLocaleString('en-US')} past attempts with calls`;
  report(`  filled with ${size} in ${((performance.now() - since) / 1_000).toFixed(0)} s`);
  return {
    url: database.url,
    tenantId,
    campaignId: CAMPAIGN_ID,
    people,
    attemptsEach,
    size,
    drop: () => database.drop(),
  };
}

async function withClosed<T>(db: Database, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await db.close();
  }
}

/** Tenant, carrier, policies in force, and the running campaign. */
async function baseRows(db: Database): Promise<string> {
  const clock = fixedClock(ALL_OPEN - 500 * DAY_MS);
  const tenantId = await ensureTenant(db, { slug: FILLED_TENANT, name: FILLED_TENANT });
  const set = compilePolicySet(bundledDocuments());
  await db.inTenant(tenantId, async (tx) => {
    const { carrier } = await upsertCarrier(tx, {
      name: 'simulator',
      kind: 'simulator',
      baseUrl: 'http://127.0.0.1:9',
      callsPerSecond: 1_000,
      maxConcurrentCalls: 10_000,
      sealedWebhookSecret: Buffer.alloc(32),
    });
    await storePolicySet(tx, { hash: set.hash, documents: bundledDocuments().map(toStored) }, clock.now());
    await activatePolicySet(tx, set.hash, 'bench', clock.now());
    const definition = campaignDefinitionSchema.parse({
      name: 'Bench',
      purpose: 'marketing',
      carrier: 'simulator',
      callerId: '+12025550100',
      // So that contacts with years of attempts behind them are not given up.
      retry: { maxAttempts: 100, withinDays: null },
    });
    const campaign = { id: CAMPAIGN_ID, definition, carrierId: carrier.id, by: 'bench', at: clock.now() };
    await insertCampaign(tx, campaign);
    const { country, type, prefix } = callerIdOf(definition.callerId);
    const caller = {
      number: definition.callerId,
      numberHash: Buffer.alloc(32),
      country,
      numberType: type,
      prefix,
    };
    await keepCallerNumber(tx, caller);
    await setCampaignStatus(tx, CAMPAIGN_ID, { status: 'running', reason: null, startedAt: clock.now() });
    await tx.query(
      `INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, 'us-national-dnc', $2)`,
      [tx.tenantId, toIso(ALL_OPEN - DAY_MS)],
    );
  });
  return tenantId;
}

async function insertAll(
  client: pg.Client,
  tenantId: string,
  people: number,
  attemptsEach: number,
  step: (text: string) => void,
): Promise<void> {
  const places = SAMPLE_NUMBERS.map((number) => {
    const { country, type, locations } = locateNumber(number);
    return { country, type, locations, cohort: cohortOf(country, locations) };
  });
  const series = `generate_series(0, ${people - 1}) AS i`;
  const now = `'${toIso(ALL_OPEN)}'::timestamptz`;
  const tenant = `'${tenantId}'::uuid`;
  const campaign = `'${CAMPAIGN_ID}'::uuid`;
  const person = uuidSql('8001', 'i');
  const contact = uuidSql('8002', 'i');
  const place = `($1::jsonb -> ${PLACE_SQL})`;
  const given = [JSON.stringify(places)];

  step('people and their numbers');
  await client.query(
    `INSERT INTO persons (tenant_id, id, created_real, updated_real) SELECT ${tenant}, ${person}, now(), now() FROM ${series}`,
  );
  await client.query(
    `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                 locations, created_real)
     SELECT ${tenant}, ${HASH_SQL}, ${person}, substr(${HASH_SQL} || ${HASH_SQL}, 1, 44), ${place} ->> 'country',
            ${place} ->> 'type', true, ${place} -> 'locations', now() FROM ${series}`,
    given,
  );
  step('contacts');
  await client.query(
    `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, external_id, state, rank, priority, cohort, ready_at,
                           admissions, attempts, counted_attempts, workflow_open, wake_pending, created_at, updated_at)
     SELECT ${tenant}, ${contact}, ${campaign}, ${person}, 'C' || i, 'waiting', 14, 5, ${place} ->> 'cohort',
            ${now} - interval '1 day', ${attemptsEach}, ${attemptsEach}, ${attemptsEach}, false, false,
            ${now} - interval '400 days', ${now} - interval '1 day' FROM ${series}`,
    given,
  );
  step('consents and do-not-call entries');
  const consent = (kind: string, group: string, daysAgo: number, which: string) =>
    client.query(
      `INSERT INTO consent_events (tenant_id, id, person_id, kind, purposes, channels, level, basis, source, occurred_at,
                                   recorded_at, widens, recorded_by, dedupe_key)
       SELECT ${tenant}, ${uuidSql(group, 'i')}, ${person}, '${kind}', '{marketing}', '{voice}', 'express', 'explicit',
              'web_form', ${now} - interval '${daysAgo} days', ${now} - interval '${daysAgo} days', '{}', 'bench',
              sha256(int8send(i) || '${kind}'::bytea) FROM ${series} WHERE ${which}`,
    );
  await consent('grant', '8003', 450, `i % 10 <> 7`);
  await consent('withdrawal', '8004', 100, `i % 10 = 9`);
  await client.query(
    `INSERT INTO suppressions (tenant_id, id, number_hash, list, scope, source, requested_by_person, valid_from,
                               recorded_at, recorded_by)
     SELECT ${tenant}, ${uuidSql('8005', 'i')}, ${HASH_SQL}, 'internal', 'tenant', 'bench', true,
            ${now} - interval '200 days', ${now} - interval '200 days', 'bench' FROM ${series} WHERE i % 10 = 8`,
  );
  await insertAttempts(client, { tenant, campaign, person, contact, series, now, attemptsEach, step });
}

/** Round by round over all people, so that one person's attempts lie far apart, as in a table that grew. */
async function insertAttempts(
  client: pg.Client,
  of: {
    readonly tenant: string;
    readonly campaign: string;
    readonly person: string;
    readonly contact: string;
    readonly series: string;
    readonly now: string;
    readonly attemptsEach: number;
    readonly step: (text: string) => void;
  },
): Promise<void> {
  for (let n = 1; n <= of.attemptsEach; n++) {
    of.step(`attempts, ${n} of ${of.attemptsEach}`);
    const age = of.attemptsEach - n;
    const daysAgo = `CASE WHEN i % 10 = 6 AND ${age} < 3 THEN ${LATEST_ATTEMPT_DAYS + 6 * age}
                     ELSE ${LATEST_ATTEMPT_DAYS + ATTEMPT_GAP_DAYS * age} END`;
    // No two at one instant, as no two were.
    const at = `(${of.now} - make_interval(days => ${daysAgo}, mins => i % 60, secs => (i / 60 % 60000) / 1000.0))`;
    const isAnswered = n % 4 === 0;
    const ended = `${at} + interval '${isAnswered ? 90 : 30} seconds'`;
    await client.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, carrier_ref, state, fence, lease_until_real, claimed_at,
                             claimed_real, sending_at, sending_real, sent_at, ended_at, rang_at, outcome, conversation,
                             reported_real, result)
       SELECT ${of.tenant}, ${of.contact} || '/${n}', ${of.contact}, ${of.campaign}, ${of.person}, ${HASH_SQL}, ${n}, ${n},
              ${uuidSql('8006', `i::bigint * 100 + ${n}`)}, 'marketing', 'voice', carrier.id, 'ref-' || i || '-${n}',
              'ended', 1, ${at}, ${at}, ${at}, ${at}, ${at}, ${at}, ${ended}, ${at},
              '${isAnswered ? 'answered' : 'no_answer'}', ${isAnswered}, ${ended}, '{}'
       FROM (SELECT id FROM carriers WHERE tenant_id = ${of.tenant}) carrier, ${of.series}`,
    );
    await client.query(
      `INSERT INTO calls (tenant_id, attempt_id, carrier_id, carrier_ref, status, ringing_at, answered_at, ended_at,
                          ended_by, sip, ring_s, talk_s, synthesized)
       SELECT ${of.tenant}, ${of.contact} || '/${n}', carrier.id, 'ref-' || i || '-${n}', 'ended', ${at},
              ${isAnswered ? `${at} + interval '10 seconds'` : 'NULL'}, ${ended}, 'callee', 200, 10, ${isAnswered ? 80 : 0}, false
       FROM (SELECT id FROM carriers WHERE tenant_id = ${of.tenant}) carrier, ${of.series}`,
    );
  }
}
