import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { ensureTenant } from '../db/repositories/tenants.ts';
import { createVault, environmentKeyProvider, keyStoreOn } from '../db/vault/index.ts';
import { systemClock } from '../domain/clock.ts';
import { importContacts } from '../imports/index.ts';
import { newId } from '../imports/ids.ts';
import { locateParsed } from '../policies/index.ts';

/**
 * How fast contact files are taken in: parsed, normalised, deduplicated, sealed and stored. Rows and numbers are
 * made up while it runs and stored nowhere else: mobile numbers of the Chinese plan, counted up, since the range
 * reserved for fiction in the North American one has a hundred numbers an area code.
 *
 * A shared machine gives wall times that say more about its other users, so the CPU seconds of this process and of
 * the database's are given beside them: on two free cores the rate cannot pass rows ÷ max(node, postgres), nor
 * 2 × rows ÷ (node + postgres).
 */
export interface ImportBenchOptions {
  /** Superuser connection; databases are made in it and dropped. */
  readonly adminUrl: string;
  readonly sizes?: readonly number[];
  readonly formats?: readonly ('csv' | 'jsonl')[];
  /** Runs of sizes up to 100,000 rows; larger ones run once. */
  readonly runs?: number;
  readonly report?: (line: string) => void;
}

export interface ImportBenchRun {
  readonly format: 'csv' | 'jsonl';
  readonly rows: number;
  readonly wallS: number;
  readonly rowsPerS: number;
  readonly nodeCpuS: number;
  readonly postgresCpuS: number | null;
  /** Most resident memory of this process while it ran, in MB. */
  readonly peakRssMb: number;
}

const RUNS_MAX_ROWS = 100_000;

export async function run(options: ImportBenchOptions): Promise<ImportBenchRun[]> {
  const report = options.report ?? (() => undefined);
  const results: ImportBenchRun[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'rightcall-bench-import-'));
  try {
    for (const format of options.formats ?? ['csv', 'jsonl']) {
      for (const rows of options.sizes ?? [10_000, 100_000, 1_000_000]) {
        const path = join(folder, `contacts-${rows}.${format}`);
        await writeContacts(path, format, rows);
        report(`${format} ${rows} rows, ${(statSync(path).size / 1e6).toFixed(1)} MB`);
        const times = rows > RUNS_MAX_ROWS ? 1 : (options.runs ?? 3);
        for (let i = 0; i < times; i++) {
          const one = await importOnce(options.adminUrl, path, format, rows);
          results.push(one);
          report(
            `  ${one.wallS.toFixed(2)} s, ${Math.round(one.rowsPerS)} rows/s; CPU s: node ${one.nodeCpuS.toFixed(2)}, ` +
              `postgres ${one.postgresCpuS?.toFixed(2) ?? '?'}; peak RSS ${one.peakRssMb.toFixed(0)} MB`,
          );
        }
        rmSync(path);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

async function importOnce(
  adminUrl: string,
  path: string,
  format: 'csv' | 'jsonl',
  rows: number,
): Promise<ImportBenchRun> {
  const name = `rightcall_bench_import_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  try {
    await migrate(url.toString());
    const db = await openDatabase(url.toString());
    const vault = createVault({
      keyProvider: environmentKeyProvider(randomBytes(32).toString('hex')),
      keyStore: keyStoreOn(db),
    });
    try {
      const tenantId = await ensureTenant(db, { slug: 'bench', name: 'Bench' });
      const campaignId = newId();
      await db.inTenant(tenantId, (tx) =>
        tx.query(
          `INSERT INTO campaigns (tenant_id, id, name, status, definition, revision, created_at)
           VALUES ($1, $2, 'bench', 'draft', '{}', 1, now())`,
          [tenantId, campaignId],
        ),
      );
      let peak = 0;
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
      const postgresBefore = await postgresCpuS(admin, name);
      const cpuBefore = process.cpuUsage();
      const since = performance.now();
      const result = await importContacts(
        { db, vault, clock: systemClock, locateParsed },
        { tenantId, campaignId, source: path, importedBy: 'bench' },
      );
      const wallS = (performance.now() - since) / 1000;
      const cpu = process.cpuUsage(cpuBefore);
      const postgresAfter = await postgresCpuS(admin, name);
      clearInterval(watch);
      if (result.counts.distinctValid + result.counts.duplicates !== rows) {
        throw new Error(`rows were lost: ${JSON.stringify(result.counts)}`);
      }
      return {
        format,
        rows,
        wallS,
        rowsPerS: rows / wallS,
        nodeCpuS: (cpu.user + cpu.system) / 1e6,
        postgresCpuS:
          postgresBefore === null || postgresAfter === null ? null : postgresAfter - postgresBefore,
        peakRssMb: peak / 1e6,
      };
    } finally {
      await db.close();
    }
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  }
}

/** CPU seconds of the database's backends, on Linux and where the server is on this machine; else null. */
async function postgresCpuS(admin: pg.Client, name: string): Promise<number | null> {
  const { rows } = await admin.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE datname = $1', [
    name,
  ]);
  try {
    let ticks = 0;
    for (const { pid } of rows) {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    // USER_HZ is 100 on every Linux that Node runs on.
    return readdirSync('/proc').length > 0 ? ticks / 100 : null;
  } catch {
    return null;
  }
}

/** Two rows in a hundred repeat an earlier number; three in four state a consent; ten attributes, as banks have them. */
async function writeContacts(path: string, format: 'csv' | 'jsonl', rows: number): Promise<void> {
  const out = createWriteStream(path);
  if (format === 'csv') {
    out.write(
      'external_id,phone,name,consent_purpose,consent_basis,consent_at,consent_source,age,job,marital,education,balance,housing,loan,city\n',
    );
  }
  for (let i = 0; i < rows; i++) {
    const n = i % 50 === 49 ? i - 25 : i;
    const national = `13${String(800_000_000 + n).padStart(9, '0')}`;
    const phone =
      n % 3 === 0
        ? `+86${national}`
        : n % 3 === 1
          ? `0086 ${national}`
          : `+86 ${national.slice(0, 3)}-${national.slice(3)}`;
    const consent =
      i % 4 === 0 ? ['', '', '', ''] : ['marketing', 'explicit', '2026-03-01T09:30:00+08:00', 'web_form'];
    const row = [
      `C${i}`,
      phone,
      `客户${i}`,
      ...consent,
      String(20 + (i % 60)),
      'technician',
      'married',
      'secondary',
      String(i % 9000),
      'yes',
      'no',
      '上海',
    ];
    const text =
      format === 'csv'
        ? row.join(',')
        : JSON.stringify(Object.fromEntries(row.map((value, at) => [KEYS[at]!, value])));
    if (!out.write(`${text}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

const KEYS =
  'external_id,phone,name,consent_purpose,consent_basis,consent_at,consent_source,age,job,marital,education,balance,housing,loan,city'.split(
    ',',
  );

if (process.argv[1] !== undefined && import.meta.url === new URL(`file://${process.argv[1]}`).href) {
  const adminUrl = process.env['BENCH_DATABASE_URL'] ?? process.env['DATABASE_URL'];
  if (adminUrl === undefined) {
    process.stderr.write('Set BENCH_DATABASE_URL to a PostgreSQL connection that may create databases.\n');
    process.exitCode = 2;
  } else {
    const sizes = process.argv[2]?.split(',').map(Number);
    const formats = process.argv[3]?.split(',') as ('csv' | 'jsonl')[] | undefined;
    await run({
      adminUrl,
      ...(sizes === undefined ? {} : { sizes }),
      ...(formats === undefined ? {} : { formats }),
      report: (line) => process.stdout.write(`${line}\n`),
    });
  }
}
