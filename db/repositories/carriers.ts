import { and, asc, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { holdBriefly } from '../locks.ts';
import { carriers } from '../schema/index.ts';

export type CarrierRow = typeof carriers.$inferSelect;

export interface CarrierInput {
  readonly name: string;
  readonly kind: string;
  /** Whose rules bind the line; left out: as it is, or of a new one what the kind says. */
  readonly vendor?: string | null | undefined;
  readonly baseUrl: string;
  /** Calls per second (real). */
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
  /** Null: keep the one it has. */
  readonly sealedWebhookSecret: Buffer | null;
}

/** Make the carrier of this name, or change it, which makes a new revision. A new one needs a webhook secret. */
export async function upsertCarrier(
  tx: Tx,
  input: CarrierInput,
): Promise<{ carrier: CarrierRow; created: boolean }> {
  const values = {
    kind: input.kind,
    ...(input.vendor === undefined ? {} : { vendor: input.vendor }),
    config: { baseUrl: input.baseUrl },
    callsPerSecond: input.callsPerSecond,
    maxConcurrentCalls: input.maxConcurrentCalls,
    ...(input.sealedWebhookSecret === null ? {} : { sealedWebhookSecret: input.sealedWebhookSecret }),
  };
  const changed = await tx.orm
    .update(carriers)
    .set({ ...values, revision: sql`${carriers.revision} + 1` })
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

/** The carrier of this name, and nobody else changes it before this transaction ends. */
export async function lockCarrier(tx: Tx, name: string): Promise<CarrierRow | null> {
  await holdBriefly(tx);
  const rows = await tx.orm
    .select()
    .from(carriers)
    .where(and(eq(carriers.tenantId, tx.tenantId), eq(carriers.name, name)))
    .for('no key update');
  return rows[0] ?? null;
}

/** Change what a carrier may be asked for. @returns its new revision */
export async function setCarrierCaps(
  tx: Tx,
  id: string,
  caps: { callsPerSecond?: number; maxConcurrentCalls?: number },
): Promise<CarrierRow> {
  return update(tx, id, caps);
}

/** Use no more (or again) a carrier. Pausing one that is paused keeps when and why it was. */
export async function setCarrierPaused(
  tx: Tx,
  id: string,
  paused: { readonly reason: string | null; readonly by: string } | null,
): Promise<CarrierRow> {
  if (paused === null) return update(tx, id, { pausedReal: null, pauseReason: null, pausedBy: null });
  const rows = await tx.query<{ id: string }>(
    `UPDATE carriers SET paused_real = clock_timestamp(), pause_reason = $3, paused_by = $4, revision = revision + 1
     WHERE tenant_id = $1 AND id = $2 AND paused_real IS NULL RETURNING id`,
    [tx.tenantId, id, paused.reason, paused.by],
  );
  const row = await carrierById(tx, rows[0]?.id ?? id);
  return row!;
}

async function update(
  tx: Tx,
  id: string,
  change: Partial<typeof carriers.$inferInsert>,
): Promise<CarrierRow> {
  const rows = await tx.orm
    .update(carriers)
    .set({ ...change, revision: sql`${carriers.revision} + 1` })
    .where(and(eq(carriers.tenantId, tx.tenantId), eq(carriers.id, id)))
    .returning();
  return rows[0]!;
}

/** What a carrier is doing at this moment; counts of attempts. */
export interface CarrierUse {
  readonly claimed: number;
  readonly sending: number;
  readonly ringing: number;
  readonly answered: number;
  readonly unknown: number;
  /** Requests sent in the last 10 and 60 real seconds. */
  readonly sent10S: number;
  readonly sent60S: number;
  /** Real ms from now until the next send slot is free; 0: the line is idle. */
  readonly queueMs: number;
  /** Requests in a row that it did not take, or whose answer was lost. */
  readonly failuresInRow: number;
  /** Until when (real) it is left alone; null: it may be asked. */
  readonly restsUntilReal: EpochMs | null;
  /** Of the attempts of the last five minutes: those that came to nothing by the carrier's doing, by reason. */
  readonly errors: readonly { readonly kind: string; readonly count: number; readonly lastReal: EpochMs }[];
}

/** Real time looked back over for errors. */
const ERRORS_WINDOW_S = 300;

export async function carrierUse(tx: Statements, carrierId: string): Promise<CarrierUse> {
  const [use] = await tx.prepared<Omit<CarrierUse, 'errors'>>(
    'carrier_use',
    `SELECT count(*) FILTER (WHERE a.state = 'claimed') AS claimed,
            count(*) FILTER (WHERE a.state = 'sending') AS sending,
            count(*) FILTER (WHERE a.state = 'sent' AND k.answered_at IS NULL) AS ringing,
            count(*) FILTER (WHERE a.state = 'sent' AND k.answered_at IS NOT NULL) AS answered,
            count(*) FILTER (WHERE a.state = 'unknown') AS unknown,
            (SELECT count(*) FROM attempts s WHERE s.tenant_id = $1 AND s.carrier_id = $2
               AND s.claimed_real > clock_timestamp() - interval '15 s'
               AND s.sending_real > clock_timestamp() - interval '10 s') AS "sent10S",
            (SELECT count(*) FROM attempts s WHERE s.tenant_id = $1 AND s.carrier_id = $2
               AND s.claimed_real > clock_timestamp() - interval '65 s'
               AND s.sending_real > clock_timestamp() - interval '60 s') AS "sent60S",
            coalesce((SELECT greatest(0, round(extract(epoch FROM p.next_slot_real - clock_timestamp()) * 1000))
               FROM send_pace p WHERE p.tenant_id = $1 AND p.owner_id = $2), 0)::int AS "queueMs",
            coalesce((SELECT p.failures_in_row FROM send_pace p WHERE p.tenant_id = $1 AND p.owner_id = $2), 0)
              AS "failuresInRow",
            (SELECT p.rests_until_real FROM send_pace p WHERE p.tenant_id = $1 AND p.owner_id = $2
               AND p.rests_until_real > clock_timestamp()) AS "restsUntilReal"
     FROM attempts a LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id AND k.ended_at IS NULL
     WHERE a.tenant_id = $1 AND a.carrier_id = $2 AND a.state IN ('claimed', 'sending', 'sent', 'unknown')`,
    [tx.tenantId, carrierId],
  );
  const errors = await tx.prepared<{ kind: string; count: number; lastReal: EpochMs }>(
    'carrier_errors',
    `SELECT CASE WHEN state = 'rejected' THEN split_part(coalesce(reason, 'rejected'), ':', 1)
                 WHEN state = 'unknown' THEN 'unknown' ELSE outcome END AS kind,
            count(*) AS count, max(claimed_real) AS "lastReal"
     FROM attempts
     WHERE tenant_id = $1 AND carrier_id = $2 AND claimed_real > clock_timestamp() - make_interval(secs => $3)
       AND (state IN ('rejected', 'unknown') OR outcome IN ('congestion', 'carrier_error'))
     GROUP BY 1 ORDER BY 2 DESC, 1`,
    [tx.tenantId, carrierId, ERRORS_WINDOW_S],
  );
  return { ...use!, errors };
}
