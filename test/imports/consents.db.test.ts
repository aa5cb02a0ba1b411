import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedClock } from '../../domain/clock.ts';
import { readDossier } from '../../gate/dossier.ts';
import { importContacts, listImportIssues } from '../../imports/index.ts';
import { bundledDocuments, compilePolicySet, evaluate, locateParsed } from '../../policies/index.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { pack, rule } from '../policies/support.ts';
import { file } from './rig.ts';

const NOW = WORKDAY_MORNING_CN;
const HEADER = 'id,phone,consent_purpose,consent_basis,consent_at,consent_expires_at,consent_withdrawn_at\n';
const ROWS = {
  good: 'explicit,2026-03-01T09:30:00+08:00,,',
  endsAsItBegins: 'explicit,2026-03-01T09:30:00+08:00,2026-03-01T09:30:00+08:00,',
  endsBefore: 'explicit,2026-03-01T09:30:00+08:00,2025-03-01T09:30:00+08:00,',
  guardian: '监护人同意,2026-03-01T09:30:00+08:00,,',
  withdrawn: '监护人同意,2026-03-01T09:30:00+08:00,,2026-03-02T09:30:00+08:00',
} as const;

let engine: TestEngine;
let contacts: ReadonlyMap<string, string>;
let importId: string;
beforeAll(async () => {
  const clock = fixedClock(NOW);
  engine = await createTestEngine({ clock });
  const { db, vault, tenantId } = engine;
  const campaignId = await engine.addCampaign();
  const text =
    HEADER +
    Object.entries(ROWS)
      .map(([id, rest], i) => `${id},+8619900000${101 + i},marketing,${rest}\n`)
      .join('');
  const done = await importContacts(
    { db, vault, clock, locateParsed },
    { tenantId, campaignId, source: file(text), importedBy: 'tester' },
  );
  importId = done.importId;
  expect(done.counts).toMatchObject({ rows: 5, created: 5, invalid: 0, consented: 1, issues: 4 });
  const rows = await db.inTenant(tenantId, (tx) =>
    tx.query<{ id: string; external_id: string }>('SELECT id, external_id FROM contacts'),
  );
  contacts = new Map(rows.map((row) => [row.external_id, row.id]));
});
afterAll(() => engine.close());

const factsOf = (who: keyof typeof ROWS) =>
  engine.db.inTenant(engine.tenantId, async (tx) => (await readDossier(tx, contacts.get(who)!, NOW))!.facts);
const law = compilePolicySet(bundledDocuments());

describe('a consent of a contact list that cannot be as it is stated', () => {
  test('gives no leave to call: the gate denies for want of consent, where one that can is allowed', async () => {
    const ask = async (who: keyof typeof ROWS) => {
      const { verdict, reasons } = evaluate({
        policySet: law,
        facts: await factsOf(who),
        at: NOW,
        horizonMs: 0,
      });
      return [verdict.kind, ...reasons.filter((reason) => reason.startsWith('consent.'))].join(' ');
    };
    expect(await ask('good')).toBe('allow');
    expect(await ask('endsAsItBegins')).toBe('deny consent.missing');
    expect(await ask('endsBefore')).toBe('deny consent.missing');
    expect(await ask('guardian')).toBe('deny consent.missing');
  });

  test('is none of a guardian where a rule asks for the strongest level', async () => {
    const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');
    const policySet = compilePolicySet([pack([rule('x', 'consent', { level: 'guardian' })]), ...calendars]);
    const { verdict, reasons } = evaluate({
      policySet,
      facts: await factsOf('guardian'),
      at: NOW,
      horizonMs: 0,
    });
    expect([verdict.kind, reasons]).toEqual(['deny', ['no.x.missing']]);
  });

  test('takes no withdrawal of the same row with it', async () => {
    expect((await factsOf('withdrawn')).consents).toMatchObject([
      { kind: 'withdrawal', purposes: ['marketing'] },
    ]);
  });

  test('is an issue that names the column and what would be right', async () => {
    const issues = await listImportIssues(engine.db, engine.tenantId, importId, {});
    expect(issues.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'consent_expires_at', 'consent_time'],
      [4, 'consent_expires_at', 'consent_time'],
      [5, 'consent_basis', 'consent_guardian'],
      [6, 'consent_basis', 'consent_guardian'],
    ]);
    expect(issues[0]!.reason).toContain('expected a later instant, or nothing');
    expect(issues[2]!.reason).toContain('guardianPersonId');
  });
});
