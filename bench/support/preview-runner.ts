import { fileURLToPath } from 'node:url';
import { runNextPreview } from '../../activities/services/previews.ts';
import { openDatabase } from '../../db/client.ts';
import { fixedClock } from '../../domain/clock.ts';
import { ALL_OPEN } from './filled.ts';

/**
 * One preview worked out in a process of its own, as a worker would, so that its memory is its own:
 * preview-runner.ts <database url> <tenant id>. Prints what it took, as JSON.
 */
export interface PreviewRun {
  readonly wallS: number;
  readonly cpuS: number;
  /** Most resident memory while it ran, and what it held before, in MB. */
  readonly peakRssMb: number;
  readonly rssBeforeMb: number;
}

async function main(url: string, tenantId: string): Promise<void> {
  const db = await openDatabase(url, { maxConnections: 4, applicationName: 'rightcall-bench' });
  const rss = () => process.memoryUsage.rss() / 1e6;
  const rssBeforeMb = rss();
  let peakRssMb = rssBeforeMb;
  const watch = setInterval(() => (peakRssMb = Math.max(peakRssMb, rss())), 50);
  const cpu = process.cpuUsage();
  const since = performance.now();
  const log = {
    info: () => undefined,
    warn: (fields: object) => process.stderr.write(JSON.stringify(fields)),
  };
  const deps = { db, clock: fixedClock(ALL_OPEN), log };
  if (!(await runNextPreview(deps, tenantId, new AbortController().signal))) {
    throw new Error('no preview waits');
  }
  const wallS = (performance.now() - since) / 1_000;
  const used = process.cpuUsage(cpu);
  clearInterval(watch);
  const run: PreviewRun = { wallS, cpuS: (used.user + used.system) / 1e6, peakRssMb, rssBeforeMb };
  process.stdout.write(JSON.stringify(run));
  await db.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv[2]!, process.argv[3]!);
}
