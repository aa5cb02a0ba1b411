import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EVIDENCE_FILES, type ReportFile, type RunRecord } from './evidence.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { ChaosSettings } from './settings.ts';
import type { World } from './traffic/campaigns.ts';
import type { ApiClient } from './traffic/client.ts';

/** The day is over: what is on its way ends, and nothing new begins. Stops like any other, and judged like them. */
export async function pauseAll(client: ApiClient, world: World): Promise<void> {
  for (const { id } of world.campaigns) {
    await client.ask(
      { effect: 'stop', operation: 'pauseCampaign', scope: 'campaign', targetId: id },
      `/v1/campaigns/${id}/pause`,
      {},
    );
  }
}

export async function keepReports(client: ApiClient, fleet: Fleet, world: World): Promise<void> {
  const dir = join(fleet.evidenceDir, EVIDENCE_FILES.reports);
  await mkdir(dir, { recursive: true });
  for (const { id } of world.campaigns) {
    const askedReal = Date.now();
    const report = await client.made('GET', `/v1/campaigns/${id}/report`);
    const file: ReportFile = { tenantId: world.tenantId, campaignId: id, askedReal, report };
    await writeFile(join(dir, `${id}.json`), JSON.stringify(file));
  }
}

export async function writeRunRecord(
  settings: ChaosSettings,
  fleet: Fleet,
  world: World,
  times: Pick<RunRecord, 'startedReal' | 'endedReal' | 'quiet'>,
): Promise<void> {
  const run: RunRecord = {
    seed: String(settings.seed),
    build: settings.build,
    clock: fleet.clock,
    ...times,
    tenants: [{ id: world.tenantId, name: 'chaos' }],
    campaigns: world.campaigns.map(({ id, name }) => ({ id, name, tenantId: world.tenantId })),
    databaseUrl: fleet.databaseUrl,
    engineDatabaseUrl: fleet.databaseUrl,
    secondPlaceDir: fleet.secondPlaceDir,
    asked: { lengthMs: settings.lengthMs, kinds: settings.kinds, contacts: settings.contacts },
  };
  await writeFile(join(fleet.evidenceDir, EVIDENCE_FILES.run), JSON.stringify(run));
}
