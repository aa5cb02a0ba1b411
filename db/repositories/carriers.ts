import { and, asc, eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../client.ts';
import { carriers } from '../schema/index.ts';

export type CarrierRow = typeof carriers.$inferSelect;

export interface CarrierInput {
  readonly name: string;
  readonly kind: string;
  readonly baseUrl: string;
  /** Calls per second (real). */
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
  /** Null: keep the one it has. */
  readonly sealedWebhookSecret: Buffer | null;
}

/** Make the carrier of this name, or change it. A new one needs a webhook secret. */
export async function upsertCarrier(
  tx: Tx,
  input: CarrierInput,
): Promise<{ carrier: CarrierRow; created: boolean }> {
  const values = {
    kind: input.kind,
    config: { baseUrl: input.baseUrl },
    callsPerSecond: input.callsPerSecond,
    maxConcurrentCalls: input.maxConcurrentCalls,
    ...(input.sealedWebhookSecret === null ? {} : { sealedWebhookSecret: input.sealedWebhookSecret }),
  };
  const changed = await tx.orm
    .update(carriers)
    .set(values)
    .where(and(eq(carriers.tenantId, tx.tenantId), eq(carriers.name, input.name)))
    .returning();
  if (changed[0] !== undefined) return { carrier: changed[0], created: false };
  const made = await tx.orm
    .insert(carriers)
    .values({
      tenantId: tx.tenantId,
      id: uuidv7(),
      name: input.name,
      createdReal: Date.now(),
      ...values,
      sealedWebhookSecret: input.sealedWebhookSecret ?? Buffer.alloc(0),
    })
    .returning();
  return { carrier: made[0]!, created: true };
}

export async function listCarriers(tx: Tx): Promise<CarrierRow[]> {
  return tx.orm.select().from(carriers).where(eq(carriers.tenantId, tx.tenantId)).orderBy(asc(carriers.name));
}

/** The carrier of this name, or null. */
export async function carrierByName(tx: Tx, name: string): Promise<CarrierRow | null> {
  const rows = await tx.orm
    .select()
    .from(carriers)
    .where(and(eq(carriers.tenantId, tx.tenantId), eq(carriers.name, name)));
  return rows[0] ?? null;
}

export async function carrierById(tx: Tx, id: string): Promise<CarrierRow | null> {
  const rows = await tx.orm
    .select()
    .from(carriers)
    .where(and(eq(carriers.tenantId, tx.tenantId), eq(carriers.id, id)));
  return rows[0] ?? null;
}
