import type { Carrier } from '../../carriers/port.ts';
import {
  createCarrier,
  isSimulator,
  parseCarrierKind,
  type ClosableCarrier,
} from '../../carriers/registry.ts';
import type { Database } from '../../db/client.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError } from '../../domain/failures.ts';

/** A carrier with its limits, as configured now. */
export interface Line {
  readonly carrier: Carrier;
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
}

export interface CarrierSource {
  /** @throws RightcallError `refused` for a scaled clock with anything but the simulator. */
  lineOf(tenantId: string, carrierId: string): Promise<Line>;
  close(): Promise<void>;
}

/** How long (real ms) settings are used before they are read again. */
const FRESH_MS = 2_000;

interface Known {
  readonly line: Line;
  readonly adapter: ClosableCarrier;
  readonly baseUrl: string;
  readAtReal: number;
}

/** Adapters by carrier, made when first needed and kept, so that their connections are kept. */
export function createCarrierSource(db: Database, clock: Clock): CarrierSource {
  const known = new Map<string, Known>();

  async function read(tenantId: string, carrierId: string): Promise<Known> {
    const rows = await db.inTenant(tenantId, (tx) =>
      tx.query<{
        kind: string;
        config: { baseUrl: string };
        calls_per_second: number;
        max_concurrent_calls: number;
      }>(
        'SELECT kind, config, calls_per_second, max_concurrent_calls FROM carriers WHERE tenant_id = $1 AND id = $2',
        [tenantId, carrierId],
      ),
    );
    const row = rows[0];
    if (row === undefined) throw new RightcallError('not_found', 'the carrier was not found');
    if (clock.speed !== 1 && !isSimulator(row.kind)) {
      throw new RightcallError(
        'refused',
        `a scaled clock may only be used with the simulator, not with ${row.kind}`,
      );
    }
    const before = known.get(`${tenantId}/${carrierId}`);
    const adapter =
      before !== undefined && before.baseUrl === row.config.baseUrl
        ? before.adapter
        : createCarrier(parseCarrierKind(row.kind), row.config);
    if (before !== undefined && before.adapter !== adapter) void before.adapter.close();
    return {
      adapter,
      baseUrl: row.config.baseUrl,
      readAtReal: Date.now(),
      line: {
        carrier: adapter,
        callsPerSecond: row.calls_per_second,
        maxConcurrentCalls: row.max_concurrent_calls,
      },
    };
  }

  return {
    lineOf: async (tenantId, carrierId) => {
      const key = `${tenantId}/${carrierId}`;
      const cached = known.get(key);
      if (cached !== undefined && Date.now() - cached.readAtReal < FRESH_MS) return cached.line;
      const fresh = await read(tenantId, carrierId);
      known.set(key, fresh);
      return fresh.line;
    },
    close: async () => {
      await Promise.all([...known.values()].map((entry) => entry.adapter.close()));
      known.clear();
    },
  };
}
