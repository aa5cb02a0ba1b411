import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import type { EpochMs } from '../../domain/time.ts';
import type { EndpointOrder } from '../../domain/outgoing.ts';
import type { Tx } from '../client.ts';
import { endpoints } from '../schema/index.ts';

export type EndpointRow = typeof endpoints.$inferSelect;

export interface EndpointInput {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly orderBy: EndpointOrder;
  readonly enabled: boolean;
  readonly sealedSecret: Buffer;
}

/** What of an endpoint can be changed; what is left out stays. */
export interface EndpointChange {
  readonly url?: string;
  readonly description?: string;
  readonly events?: readonly string[];
  readonly orderBy?: EndpointOrder;
  readonly enabled?: boolean;
  /** A code; null with `enabled: true`. */
  readonly disabledReason?: string | null;
}

export async function insertEndpoint(tx: Tx, input: EndpointInput, at: EpochMs): Promise<EndpointRow> {
  const rows = await tx.orm
    .insert(endpoints)
    .values({
      ...input,
      tenantId: tx.tenantId,
      events: [...input.events],
      disabledReason: input.enabled ? null : 'by request',
      revision: 1,
      createdAt: at,
      updatedAt: at,
    })
    .returning();
  return rows[0]!;
}

/** Newest first. @param page.before id of the last one seen */
export async function listEndpoints(
  tx: Tx,
  page: { readonly enabled: boolean | null; readonly before: string | null; readonly limit: number },
): Promise<EndpointRow[]> {
  return tx.orm
    .select()
    .from(endpoints)
    .where(
      and(
        eq(endpoints.tenantId, tx.tenantId),
        isNull(endpoints.removedAt),
        page.enabled === null ? undefined : eq(endpoints.enabled, page.enabled),
        page.before === null ? undefined : lt(endpoints.id, page.before),
      ),
    )
    .orderBy(desc(endpoints.id))
    .limit(page.limit);
}

export async function countEndpoints(tx: Tx): Promise<number> {
  return tx.orm.$count(endpoints, and(eq(endpoints.tenantId, tx.tenantId), isNull(endpoints.removedAt)));
}

export async function endpointById(tx: Tx, id: string): Promise<EndpointRow | null> {
  const rows = await tx.orm.select().from(endpoints).where(isEndpoint(tx, id));
  return rows[0] ?? null;
}

/** The endpoint, for whoever is about to change it. */
export async function lockEndpoint(tx: Tx, id: string): Promise<EndpointRow | null> {
  const rows = await tx.orm.select().from(endpoints).where(isEndpoint(tx, id)).for('no key update');
  return rows[0] ?? null;
}

export async function changeEndpoint(
  tx: Tx,
  id: string,
  change: EndpointChange,
  at: EpochMs,
): Promise<EndpointRow> {
  const { events, ...rest } = change;
  const rows = await tx.orm
    .update(endpoints)
    .set({
      ...rest,
      ...(events === undefined ? {} : { events: [...events] }),
      revision: sql`${endpoints.revision} + 1`,
      updatedAt: at,
    })
    .where(isEndpoint(tx, id))
    .returning();
  return rows[0]!;
}

/** A new secret; the present one signs too until `previousUntilReal`. */
export async function rotateSecret(
  tx: Tx,
  id: string,
  change: { readonly sealedSecret: Buffer; readonly previousUntilReal: EpochMs; readonly at: EpochMs },
): Promise<EndpointRow> {
  const rows = await tx.orm
    .update(endpoints)
    .set({
      sealedSecret: change.sealedSecret,
      previousSecret: sql`${endpoints.sealedSecret}`,
      previousUntilReal: change.previousUntilReal,
      revision: sql`${endpoints.revision} + 1`,
      updatedAt: change.at,
    })
    .where(isEndpoint(tx, id))
    .returning();
  return rows[0]!;
}

/** Nothing is delivered to it any more, its secrets are gone, and it is found by nobody. */
export async function removeEndpoint(tx: Tx, id: string, at: EpochMs): Promise<void> {
  await tx.orm
    .update(endpoints)
    .set({
      enabled: false,
      disabledReason: 'removed',
      sealedSecret: Buffer.alloc(0),
      previousSecret: null,
      removedAt: at,
      updatedAt: at,
    })
    .where(isEndpoint(tx, id));
  await tx.query(
    `UPDATE deliveries SET state = 'cancelled' WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending'`,
    [tx.tenantId, id],
  );
}

/** Forget how it went with the endpoint, which is another one now, or mended: what waits for it is tried at once. */
export async function resetDrain(tx: Tx, id: string): Promise<void> {
  await tx.query(
    `UPDATE endpoint_drains SET failures_in_row = 0, not_before_real = NULL WHERE tenant_id = $1 AND endpoint_id = $2`,
    [tx.tenantId, id],
  );
  await tx.query(
    `UPDATE deliveries SET due_real = clock_timestamp()
     WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'pending' AND due_real > clock_timestamp()`,
    [tx.tenantId, id],
  );
}

/** The receiver answered 410 Gone: it wants no more. What is still to be delivered waits for somebody to enable it. */
export async function disableGone(tx: Tx, id: string, at: EpochMs): Promise<EndpointRow | null> {
  const rows = await tx.orm
    .update(endpoints)
    .set({
      enabled: false,
      disabledReason: 'gone',
      revision: sql`${endpoints.revision} + 1`,
      updatedAt: at,
    })
    .where(and(isEndpoint(tx, id), eq(endpoints.enabled, true)))
    .returning();
  return rows[0] ?? null;
}

function isEndpoint(tx: Tx, id: string) {
  return and(eq(endpoints.tenantId, tx.tenantId), eq(endpoints.id, id), isNull(endpoints.removedAt));
}
