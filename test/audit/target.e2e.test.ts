import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyAudit } from '../../audit/verify.ts';
import { openAuditTarget } from '../../cli/audit-target.ts';
import { openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { readJsonFile, writeJsonFile } from '../../runtime/servers/directory.ts';
import { startPostgres } from '../../runtime/servers/postgres.ts';

let dir: string;
let tenantId: string;

/** A local run's folder, its PostgreSQL stopped again. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rightcall-audit-'));
  // Run as root, PostgreSQL works as a user of its own, who must be able to enter.
  await chmod(dir, 0o755);
  const server = await startPostgres({ dataDir: dir, durable: false });
  try {
    await migrate(server.url);
    const db = await openDatabase(server.url);
    tenantId = await ensureTenant(db, { slug: 'default', name: 'Test' });
    await db.close();
    await writeJsonFile(join(dir, 'connection.json'), {
      databaseUrl: server.url,
      tenant: 'default',
      requestLog: join(dir, 'simulator', 'requests.jsonl'),
    });
  } finally {
    await server.stop();
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('a run that is stopped is audited with its own database, which is stopped again after it', async () => {
  const options = { dataDir: dir, env: {}, onProgress: () => undefined };
  for (const _twice of [1, 2]) {
    const target = await openAuditTarget(options);
    try {
      // While one audit has the folder, a second one uses the same server instead of starting another.
      const beside = await openAuditTarget(options);
      await beside.close();
      expect(target).toMatchObject({ tenantId, requestLog: null });
      expect(await verifyAudit({ db: target.db, tenantId })).toMatchObject({ ok: true, attempts: 0 });
    } finally {
      await target.close();
    }
    await expect(openDatabase((await connection()).databaseUrl)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  }
});

async function connection(): Promise<{ databaseUrl: string }> {
  return (await readJsonFile(join(dir, 'connection.json'))) as { databaseUrl: string };
}
