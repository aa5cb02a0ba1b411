import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { beginRestore } from '../../activities/restore/begin.ts';
import { refuseTakenBack, watchTakenBack } from '../../activities/restore/taken-back.ts';
import { addCheckpoint } from '../../db/repositories/evidence-log.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { fixedClock } from '../../domain/clock.ts';
import { createSigner, type SignedCheckpoint } from '../../evidence/checkpoint.ts';
import { fileSecondPlace, type SecondPlace } from '../../evidence/second-place.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const signer = createSigner(generateKeyPairSync('ed25519').privateKey);
const AT = Date.parse('2026-11-27T10:00:00Z');
const clock = fixedClock(AT);

let database: TestDatabase;
let db: Database;
let folder: string;
let place: SecondPlace;
let tenantId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 4 });
  folder = await mkdtemp(join(tmpdir(), 'rightcall-taken-back-'));
});
afterAll(async () => {
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async (context) => {
  place = fileSecondPlace(join(folder, context.task.id));
  tenantId = await ensureTenant(db, { slug: context.task.id, name: 'Test' });
});

const checkpoint = (size: number): SignedCheckpoint =>
  signer.sign({ tenantId, size, root: 'ab'.repeat(32), atReal: AT });
const store = (size: number) =>
  db.inTenant(tenantId, (tx) => {
    const { checkpoint: one, signature } = checkpoint(size);
    return addCheckpoint(tx, { ...one, previousSize: 0, signature });
  });

describe('a database whose second place is ahead of it', () => {
  it('is refused in words that say what to do, and one that is ahead of its second place is not', async () => {
    await refuseTakenBack(db, place);
    await store(5);
    await store(9);
    await place.put(checkpoint(5), null);
    await refuseTakenBack(db, place);
    await place.put(checkpoint(20), null);
    await expect(refuseTakenBack(db, place)).rejects.toThrow(/over 20 decisions .* rightcall restore begin/);
  });

  it('is refused no more once its restore has begun, and again when it is taken back behind that', async () => {
    await place.put(checkpoint(20), null);
    const action = { by: 'test', requestId: null, tenantId, since: null };
    const { restore } = await beginRestore({ db, clock, secondPlace: place }, action);
    expect(restore).toMatchObject({ copiedSize: 20, sealedSize: 0 });
    await refuseTakenBack(db, place);
    await place.put(checkpoint(3), restore.id);
    await expect(refuseTakenBack(db, place)).rejects.toThrow(/over 3 decisions/);
    await store(3);
    await refuseTakenBack(db, place);
    // A restore that this database knows nothing of.
    await place.put(checkpoint(1), 'ffffffff-0000-7000-8000-000000000000');
    await expect(refuseTakenBack(db, place)).rejects.toThrow(/lacks a restore/);
  });

  it('is noticed by what runs on it already, once, and not for a second place that does not answer', async () => {
    const found: string[] = [];
    const away: SecondPlace = { ...place, lines: () => Promise.reject(new Error('away')) };
    const unwatchAway = watchTakenBack(db, away, ({ message }) => found.push(message), 1);
    const unwatch = watchTakenBack(db, place, ({ code }) => found.push(code), 1);
    await place.put(checkpoint(20), null);
    await expect.poll(() => found).toEqual(['refused']);
    unwatch();
    unwatchAway();
    expect(found).toEqual(['refused']);
  });
});
