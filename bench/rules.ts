import { Readable } from 'node:stream';
import type pg from 'pg';
import { judgeContacts } from '../activities/services/judge-contacts.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { lockCampaign, reviseCampaign } from '../db/repositories/campaigns.ts';
import { ensureTenant } from '../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, keyStoreOn, type Vault } from '../db/vault/index.ts';
import { campaignDefinitionSchema, type CampaignDefinitionInput } from '../domain/campaign.ts';
import { systemClock } from '../domain/clock.ts';
import { importContacts } from '../imports/index.ts';
import { newId } from '../imports/ids.ts';
import { locateParsed } from '../policies/index.ts';
import { measure, type BenchResult, type Report } from './support/result.ts';
import { withClient, type BenchServers } from './support/servers.ts';

/**
 * How fast a campaign's rules judge its contacts: when they are imported, against the same import without rules, in turns;
 * and when the rules change, all of them again, as the worker's service does.
 */
export interface RulesOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  readonly rows: number;
  readonly runs: number;
}

type Rules = NonNullable<CampaignDefinitionInput['rules']>;

/** One of two is left out, one of ten counts towards a quota, and one of four goes before the others. */
const RULES: Rules = {
  attributes: { balance: 'number', city: 'text', age: 'number', housing: 'boolean' },
  filter: 'contact.balance >= 4500.0 && contact.city in ["Bern", "Basel", "Chur"]',
  priorities: [{ when: 'has(contact.housing) && contact.housing && contact.age > 60', priority: 9 }],
  mixing: { lists: [{ list: 'list-0.csv', weight: 3 }] },
  quotas: [{ name: 'young', when: 'contact.age < 26', counts: 'conversions', max: 1_000 }],
};
/** The same, and yet all are to be judged again. */
const OTHERS: Rules = { ...RULES, filter: 'contact.balance < 4500.0' };

export async function run(options: RulesOptions): Promise<BenchResult> {
  const { rows, runs, report } = options;
  const without: number[] = [];
  const withRules: number[] = [];
  const again: number[] = [];
  for (let i = 0; i < runs; i++) {
    without.push(await importOnce(options, null).then(({ importS }) => importS));
    const judged = await importOnce(options, RULES);
    withRules.push(judged.importS);
    again.push(rows / judged.againS!);
    report(
      `  rules, run ${i + 1}: import ${without[i]!.toFixed(1)} s, with rules ${withRules[i]!.toFixed(1)} s; judged again ${again[i]!.toFixed(0)}/s`,
    );
  }
  return {
    name: 'rules',
    compared:
      'an import whose contacts a campaign’s rules judge ÷ the same without rules; all of them judged again',
    on: `${rows.toLocaleString('en-US')} rows of CSV with 5 attributes; a filter, a priority, a segment and mixed lists; durable commits`,
    measures: [
      measure(
        'import and judging',
        'rows/s',
        withRules.map((s) => rows / s),
      ),
      measure(
        'import with rules ÷ without',
        '×',
        withRules.map((s, i) => s / without[i]!),
      ),
      measure('judged again after a change', 'contacts/s', again),
    ],
    notes: [],
  };
}

interface Imported {
  readonly importS: number;
  /** Until all were judged by other rules; null: by none. */
  readonly againS: number | null;
}

async function importOnce({ servers, rows }: RulesOptions, rules: Rules | null): Promise<Imported> {
  const database = await servers.newDatabase();
  const db = await openDatabase(database.url, { applicationName: 'rightcall-bench' });
  const keyProvider = environmentKeyProvider('5a'.repeat(32));
  const vault = createVault({ keyProvider, keyStore: keyStoreOn(db) });
  try {
    const tenantId = await ensureTenant(db, { slug: 'bench', name: 'bench' });
    const campaignId = await draft(db, tenantId, rules);
    const importS = await seconds(async () => {
      await importContacts(
        { db, vault, clock: systemClock, locateParsed },
        { tenantId, campaignId, source: contactsCsv(rows), importedBy: 'bench' },
      );
      await judgeAll(db, vault, tenantId);
    });
    await checkJudged(database.url, rules === null ? null : rows);
    if (rules === null) return { importS, againS: null };
    await revise(db, tenantId, campaignId, OTHERS);
    const againS = await seconds(() => judgeAll(db, vault, tenantId));
    await checkJudged(database.url, rows);
    return { importS, againS };
  } finally {
    await vault.close();
    await db.close();
    await database.drop();
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1_000;
}

async function judgeAll(db: Database, vault: Vault, tenantId: string): Promise<void> {
  while (await judgeContacts({ db, vault, clock: systemClock }, tenantId)) {
    // One batch after the other.
  }
}

const definitionOf = (rules: Rules | null) =>
  campaignDefinitionSchema.parse({
    name: 'bench',
    purpose: 'marketing',
    carrier: 'bench',
    callerId: '+12025550100',
    ...(rules === null ? {} : { rules }),
  });

async function draft(db: Database, tenantId: string, rules: Rules | null): Promise<string> {
  const id = newId();
  await db.inTenant(tenantId, async (tx) => {
    await tx.query(
      `INSERT INTO campaigns (tenant_id, id, name, status, definition, revision, created_at)
       VALUES ($1, $2, 'bench', 'draft', $3, 1, now())`,
      [tenantId, id, JSON.stringify(definitionOf(rules))],
    );
  });
  return id;
}

async function revise(db: Database, tenantId: string, campaignId: string, rules: Rules): Promise<void> {
  await db.inTenant(tenantId, async (tx) => {
    const row = (await lockCampaign(tx, campaignId))!;
    const definition = definitionOf(rules);
    await reviseCampaign(tx, row, {
      definition,
      carrierId: row.carrierId,
      by: 'bench',
      at: systemClock.now(),
    });
  });
}

/** That every contact was judged by the rules of now, and that they leave some of them out, and not others. */
async function checkJudged(url: string, rows: number | null): Promise<void> {
  const found = await withClient(url, (client: pg.Client) =>
    client.query<{ n: string; out: string; by: string }>(
      `SELECT count(*) AS n, count(*) FILTER (WHERE state = 'denied') AS out, count(DISTINCT judged_by) AS by
       FROM contacts WHERE judged_by IS NOT NULL`,
    ),
  );
  const { n, out, by } = found.rows[0]!;
  const isRight =
    rows === null
      ? Number(n) === 0
      : Number(n) === rows && by === '1' && Number(out) > 0 && Number(out) < rows;
  if (!isRight) throw new Error(`not all were judged: ${JSON.stringify(found.rows[0])}`);
}

const HEADER = 'external_id,phone,age,balance,housing,city,job\n';
const CITIES = ['Bern', 'Basel', 'Chur', 'Genf'];

/** Numbers of the Chinese plan, counted up and made up. */
function contactsCsv(rows: number) {
  function* lines() {
    yield Buffer.from(HEADER);
    const chunk = 1_000;
    for (let from = 0; from < rows; from += chunk) {
      let text = '';
      for (let i = from; i < Math.min(rows, from + chunk); i++) {
        const phone = `+86199${String(i).padStart(8, '0')}`;
        text += `C${i},${phone},${20 + (i % 60)},${(i * 7) % 9_000},${i % 2 === 0 ? 'yes' : 'no'},${CITIES[i % 4]},technician\n`;
      }
      yield Buffer.from(text);
    }
  }
  return { name: 'list-0.csv', open: () => Readable.from(lines()) };
}
