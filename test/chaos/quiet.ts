import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** What has not come to an end yet; all zero: quiet. */
export interface Unrest {
  readonly attempts: number;
  readonly admitted: number;
  readonly untold: number;
  readonly workflows: number;
  /** Agents who hold a contact. */
  readonly engaged: number;
}

/**
 * Wait until no attempt is open, no contact is on its way, no result untold, no ended contact's workflow is left
 * and no agent holds a contact.
 * @returns what was left when the wait was given up; null: nothing
 */
export async function untilQuiet(databaseUrl: string, withinMs: number): Promise<Unrest | null> {
  const until = Date.now() + withinMs;
  for (;;) {
    const unrest = await look(databaseUrl);
    if (unrest !== null && Object.values(unrest).every((count) => count === 0)) return null;
    if (Date.now() > until)
      return unrest ?? { attempts: -1, admitted: -1, untold: -1, workflows: -1, engaged: -1 };
    await delay(500);
  }
}

async function look(databaseUrl: string): Promise<Unrest | null> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Unrest>(
      `SELECT
         (SELECT count(*)::int FROM attempts
           WHERE reported_real IS NULL AND state IN ('claimed', 'sending', 'sent', 'unknown')) AS attempts,
         (SELECT count(*)::int FROM contacts WHERE state = 'admitted') AS admitted,
         (SELECT count(*)::int FROM attempts WHERE reported_real IS NULL) AS untold,
         (SELECT count(*)::int FROM contacts
           WHERE workflow_open AND state NOT IN ('waiting', 'admitted')) AS workflows,
         (SELECT count(*)::int FROM seats WHERE contact_id IS NOT NULL) AS engaged`,
    );
    return rows[0]!;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}
