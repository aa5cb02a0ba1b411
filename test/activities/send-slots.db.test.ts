import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../db/client.ts';
import { takeSendSlot, takeSlotOfBoth } from '../../db/repositories/send-slots.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** Uuids made up here. */
const LINE = { id: '00000000-0000-7000-8000-000000000001', callsPerSecond: 20 };
const CAMPAIGN = { id: '00000000-0000-7000-8000-000000000002', callsPerSecond: 2 };
/** Slots are a tenth further apart than the limit asks for (SLOT_TOLERANCE_MS). */
const LINE_APART_MS = 55;
const CAMPAIGN_APART_MS = 550;

let database: TestDatabase;
let db: Database;
let tenantId = '';
beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 12 });
  tenantId = await ensureTenant(db, { slug: 'slots', name: 'Slots' });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(() =>
  db.single(tenantId, (tx) => tx.query('DELETE FROM send_pace WHERE tenant_id = $1', [tenantId])),
);

const later = () => Date.now() + 60_000;
const ofLine = (notAfter = later()) =>
  db.single(tenantId, (tx) => takeSendSlot(tx, LINE.id, LINE.callsPerSecond, notAfter));
const ofBoth = (notAfter = later()) =>
  db.single(tenantId, (tx) => takeSlotOfBoth(tx, LINE, CAMPAIGN, notAfter));

test('behind others on the line, a call counts for its campaign when it is sent and not when it came', async () => {
  let last = 0;
  for (let n = 0; n < 20; n++) last = (await ofLine())!.slot;
  const first = await ofBoth();
  expect(first).toMatchObject({ taken: true });
  expect(first!.slot - last).toBe(LINE_APART_MS);
  // The next one of the campaign is due so long after that, however long both have waited already.
  expect(await ofBoth()).toMatchObject({ taken: false, slot: first!.slot + CAMPAIGN_APART_MS });
});

test('a campaign that must wait for its own limit keeps nobody else from the line', async () => {
  const first = await ofBoth();
  for (let n = 0; n < 5; n++) expect(await ofBoth()).toMatchObject({ taken: false });
  expect((await ofLine())!.slot - first!.slot).toBeLessThan(LINE_APART_MS * 2);
});

test('many at once take slots that are far enough apart on both, one each', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => ofBoth()));
  expect(answers.filter((answer) => answer!.taken)).toHaveLength(1);
});

test('what would come too late is not taken', async () => {
  for (let n = 0; n < 20; n++) await ofLine();
  expect(await ofBoth(Date.now() + 200)).toBeNull();
  expect(await ofLine(Date.now() + 200)).toBeNull();
});
