import type { Database } from '../../db/client.ts';
import { REMINDERS_VERSION } from '../../db/repositories/reminders.ts';

/**
 * Tells who follows a seat that it changed. All seats that are followed in a process are looked at by one statement a tenant
 * and turn, whoever moved them, so that nobody who moves one has to say so.
 */
export interface SeatWatch {
  /** @param onChange called at each change, with nothing: look for yourself. @returns ends it */
  follow(tenantId: string, agentId: string, onChange: () => void): () => void;
}

/** Real ms between two looks: what an agent waits for a call that is theirs to appear. */
const LOOK_MS = 250;

/** What of a seat, of its call and of its agent's callbacks is worth telling. */
const VERSIONS = `
SELECT s.agent_id, concat_ws('/', s.fence, s.next_state, s.next_reason, s.session_id, s.preview_id, c.state,
                             extract(epoch FROM s.wrap_up_until), ${REMINDERS_VERSION}) AS version
FROM seats s LEFT JOIN agent_calls c ON c.tenant_id = s.tenant_id AND c.attempt_id = s.attempt_id
WHERE s.tenant_id = $1 AND s.agent_id = ANY ($2::uuid[])`;

interface Watched {
  version: string | null;
  readonly listeners: Set<() => void>;
}

export function createSeatWatch(options: {
  readonly db: Database;
  readonly onError: (error: unknown) => void;
  readonly lookMs?: number;
}): SeatWatch {
  const { db, onError, lookMs = LOOK_MS } = options;
  const tenants = new Map<string, Map<string, Watched>>();

  async function look(tenantId: string, seats: Map<string, Watched>): Promise<void> {
    const rows = await db.single(tenantId, (tx) =>
      tx.prepared<{ agent_id: string; version: string }>('seat_versions', VERSIONS, [
        tenantId,
        [...seats.keys()],
      ]),
    );
    for (const { agent_id: agentId, version } of rows) {
      const watched = seats.get(agentId);
      if (watched === undefined || watched.version === version) continue;
      watched.version = version;
      for (const listener of [...watched.listeners]) listener();
    }
  }

  function lookAgain(tenantId: string, seats: Map<string, Watched>): void {
    setTimeout(() => {
      if (seats.size === 0) {
        tenants.delete(tenantId);
        return;
      }
      void look(tenantId, seats)
        .catch(onError)
        .finally(() => lookAgain(tenantId, seats));
    }, lookMs).unref();
  }

  return {
    follow: (tenantId, agentId, onChange) => {
      let seats = tenants.get(tenantId);
      if (seats === undefined) {
        seats = new Map();
        tenants.set(tenantId, seats);
        lookAgain(tenantId, seats);
      }
      const of = seats;
      const watched = of.get(agentId) ?? { version: null, listeners: new Set() };
      of.set(agentId, watched);
      watched.listeners.add(onChange);
      return () => {
        watched.listeners.delete(onChange);
        if (watched.listeners.size === 0) of.delete(agentId);
      };
    },
  };
}
