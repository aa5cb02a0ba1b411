import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** What a violation is looked into by, when its database is gone; ids, codes and sealed fields, as they are stored. */
const TABLES = [
  'campaigns',
  'contacts',
  'attempts',
  'calls',
  'call_events',
  'stop_requests',
  'callbacks',
  'seats',
  'seat_spans',
  'agent_calls',
] as const;
const DECISIONS =
  'SELECT id, campaign_id, contact_id, person_id, admission, stage, verdict, reasons, until, at, recorded_real FROM decisions';

/** Copy the rows that matter to `<dir>/rows/<table>.jsonl`. */
export async function keepRows(databaseUrl: string, dir: string): Promise<void> {
  const folder = join(dir, 'rows');
  await mkdir(folder, { recursive: true });
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const table of [...TABLES, 'decisions']) {
      const from = table === 'decisions' ? `(${DECISIONS})` : table;
      const { rows } = await client.query<{ row: string }>(
        `SELECT row_to_json(t)::text AS row FROM ${from} t`,
      );
      await appendFile(join(folder, `${table}.jsonl`), rows.map(({ row }) => `${row}\n`).join(''));
    }
  } finally {
    await client.end();
  }
}
