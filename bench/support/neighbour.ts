import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSimulator } from '../../carriers/simulator/server.ts';
import { notifyWork } from '../../db/notify.ts';
import { setCampaignStatus } from '../../db/repositories/campaigns.ts';
import { keepCallerOf } from '../../gate/caller-number.ts';
import { upsertCarrier } from '../../db/repositories/carriers.ts';
import { activatePolicySet, storePolicySet } from '../../db/repositories/policies.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { bundledDocuments, compilePolicySet, toStored } from '../../policies/index.ts';
import { addCampaignOf, type AddedCampaign, type Stack } from './stack.ts';

/** Another tenant on a stack's engine, with a carrier of its own. */
export interface Neighbour {
  readonly tenantId: string;
  /** Contacts of these numbers in a campaign that is not started yet. */
  addCampaign(numbers: readonly string[]): Promise<AddedCampaign>;
  start(campaignId: string): Promise<void>;
  /** Real instants at which the carrier was asked, in their order. */
  sentReal(campaignId: string): Promise<number[]>;
  /** Resolves when so many were sent. @returns what `sentReal` does */
  untilSent(campaignId: string, count: number, withinMs: number): Promise<number[]>;
  stop(): Promise<void>;
}

export async function addNeighbour(
  stack: Stack,
  options: { readonly slug: string; readonly callsPerSecond: number; readonly faults?: string },
): Promise<Neighbour> {
  const { db, vault, clock } = stack;
  const tenantId = await ensureTenant(db, { slug: options.slug, name: options.slug });
  const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
  const dir = await mkdtemp(join(stack.dir, `${options.slug}-`));
  const carrierId = await db.inTenant(tenantId, async (tx) => {
    const { carrier } = await upsertCarrier(tx, {
      name: 'simulator',
      kind: 'simulator',
      baseUrl: 'http://127.0.0.1:9',
      callsPerSecond: options.callsPerSecond,
      maxConcurrentCalls: 1_000,
      sealedWebhookSecret: vault.sealForTenant(tenantId, 'carrier-webhook', webhookSecret),
    });
    return carrier.id;
  });
  const simulator = await startSimulator({
    logFile: join(dir, 'requests.jsonl'),
    webhookUrl: `${stack.apiUrl}/v1/webhooks/${tenantId}/${carrierId}`,
    webhookSecret,
    clock: stack.clockSetting,
    faults: options.faults ?? '',
  });
  const set = compilePolicySet(bundledDocuments());
  await db.inTenant(tenantId, async (tx) => {
    await tx.query(
      `UPDATE carriers SET config = jsonb_build_object('baseUrl', $2::text) WHERE tenant_id = $1`,
      [tenantId, simulator.url],
    );
    await storePolicySet(tx, { hash: set.hash, documents: bundledDocuments().map(toStored) }, clock.now());
    await activatePolicySet(tx, set.hash, 'bench', clock.now());
  });
  const sentReal = (campaignId: string) =>
    db.inTenant(tenantId, async (tx) => {
      const rows = await tx.query<{ at: number }>(
        `SELECT sending_real AS at FROM attempts
         WHERE tenant_id = $1 AND campaign_id = $2 AND sending_real IS NOT NULL ORDER BY 1`,
        [tenantId, campaignId],
      );
      return rows.map(({ at }) => at);
    });
  return {
    tenantId,
    addCampaign: (numbers) => addCampaignOf(stack, { tenantId, carrierId }, {}, numbers),
    start: (campaignId) =>
      db.inTenant(tenantId, async (tx) => {
        const definition = await tx.query<{ definition: Parameters<typeof keepCallerOf>[2] }>(
          'SELECT definition FROM campaigns WHERE tenant_id = $1 AND id = $2',
          [tenantId, campaignId],
        );
        await keepCallerOf(tx, vault, definition[0]!.definition);
        await setCampaignStatus(tx, campaignId, { status: 'running', reason: null, startedAt: clock.now() });
        await notifyWork(tx);
      }),
    sentReal,
    untilSent: async (campaignId, count, withinMs) => {
      const giveUpAt = Date.now() + withinMs;
      for (;;) {
        const sent = await sentReal(campaignId);
        if (sent.length >= count) return sent;
        if (Date.now() > giveUpAt) throw new Error(`${options.slug}: ${sent.length} of ${count} were sent`);
        await delay(100);
      }
    },
    stop: async () => {
      await simulator.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
