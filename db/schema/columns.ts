import { customType, uuid } from 'drizzle-orm/pg-core';
import type { EpochMs } from '../../domain/time.ts';

/**
 * Column types shared by all tables. Instants are `timestamptz` in the database, where people read them, and
 * epoch milliseconds in code. A column named `…Real` is on the machine's clock (leases, latencies); every other
 * instant is on the engine's clock, which a rehearsal scales (domain/clock.ts).
 */
export const instant = customType<{ data: EpochMs; driverData: string | number }>({
  dataType: () => 'timestamptz(3)',
  toDriver: (ms) => new Date(ms).toISOString(),
  fromDriver: (value) => (typeof value === 'number' ? value : Date.parse(value)),
});

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** Every row belongs to one tenant (I12); row-level security compares this column. */
export const tenantId = () => uuid('tenant_id').notNull();
