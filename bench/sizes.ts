import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readJsonFile } from '../runtime/servers/directory.ts';

/**
 * What a rehearsal left on disk, for docs/sizing.md: rows and bytes of each table, with its indexes and TOAST, and what
 * that is a contact and a row. While the run is up:
 *
 *   node --import tsx bench/sizes.ts --data .rightcall
 *
 * Small tables round up to whole pages of 8 KiB for each index, so let a thousand contacts or more run.
 */
const { values } = parseArgs({ options: { data: { type: 'string', default: '.rightcall' } } });
const connection = (await readJsonFile(join(values.data, 'connection.json'))) as { databaseUrl: string };
const client = new pg.Client({ connectionString: connection.databaseUrl });
await client.connect();
try {
  const tables = await client.query<{ name: string; heap: string; indexes: string }>(
    `SELECT c.relname AS name, pg_table_size(c.oid) AS heap, pg_indexes_size(c.oid) AS indexes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY pg_total_relation_size(c.oid) DESC`,
  );
  const counts = new Map<string, number>();
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ n: number }>(`SELECT count(*)::integer AS n FROM "${name}"`);
    counts.set(name, rows[0]!.n);
  }
  const contacts = counts.get('contacts')!;
  const line = (cells: readonly (string | number)[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  line(['table', 'rows', 'rows a contact', 'bytes a row', 'of them indexes', 'bytes a contact']);
  line(['---', '---:', '---:', '---:', '---:', '---:']);
  let total = 0;
  for (const { name, heap, indexes } of tables.rows) {
    const rows = counts.get(name)!;
    const bytes = Number(heap) + Number(indexes);
    total += bytes;
    if (rows < contacts / 20) continue;
    const each = (of: number, by: number) => Math.round(of / by);
    const share = (rows / contacts).toFixed(2);
    line([name, rows, share, each(bytes, rows), each(Number(indexes), rows), each(bytes, contacts)]);
  }
  line(['all tables', '', '', '', '', Math.round(total / contacts)]);
  const temporal = await stat(join(values.data, 'temporal', 'temporal.db')).catch(() => null);
  if (temporal !== null)
    line(['Temporal dev server, SQLite file', '', '', '', '', Math.round(temporal.size / contacts)]);
} finally {
  await client.end();
}
