import type { Machine } from './machine.ts';
import { columnsOf, type BenchResult } from './result.ts';

/** bench/RESULTS.md: the machine, one table of everything held to a target, then each benchmark in full. */
export function markdownOf(
  results: readonly BenchResult[],
  machine: Machine,
  versions: { readonly postgres: string | null; readonly temporal: string | null },
  at: Date,
): string {
  const servers = [
    versions.postgres === null
      ? null
      : `PostgreSQL ${versions.postgres} (fsync and synchronous_commit on, a quarter of the memory for shared_buffers)`,
    versions.temporal === null ? null : `Temporal ${versions.temporal} (dev server, SQLite file)`,
  ].filter((text) => text !== null);
  const held = results.flatMap((result) =>
    result.measures
      .filter((m) => m.target !== null)
      .map((m) => {
        const [name, value, range, , target, verdict] = columnsOf(m);
        return [`${result.name}: ${name}`, value, range, target, verdict];
      }),
  );
  return [
    '# Benchmark results',
    '',
    `Written by \`npm run bench -- --write\` on ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC: ${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB of memory, Node ${machine.node}${servers.map((text) => `, ${text}`).join('')}. What each number means is in [docs/benchmarks.md](../docs/benchmarks.md). Medians, and the smallest and largest of several runs.`,
    '',
    '## Against the targets',
    '',
    ...table(['what', 'median', 'spread', 'target', ''], held),
    ...results.flatMap((result) => [
      '',
      `## ${result.name}`,
      '',
      `${upperFirst(result.compared)}. On ${result.on}.`,
      '',
      ...table(
        ['what', 'median', 'spread', 'runs', 'target', ''],
        result.measures.map((m) => columnsOf(m)),
      ),
      ...(result.notes.length === 0 ? [] : ['', ...result.notes.map((note) => `- ${note}`)]),
    ]),
    '',
  ].join('\n');
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string[] {
  const line = (cells: readonly (string | undefined)[]) =>
    `| ${cells.map((cell) => cell ?? '').join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)];
}
