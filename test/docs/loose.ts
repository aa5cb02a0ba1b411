/**
 * Whether what a command printed has what a document shows. Loosely: identifiers, instants and numbers of a run are
 * its own, tables are as wide as their contents, and `…` stands for anything.
 */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const INSTANT = /\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;
const NUMBER = /\d+(?:[.,]\d+)*/g;

/** A line without what is another in every run. */
export function essence(line: string): string {
  return line
    .replace(UUID, '<id>')
    .replace(INSTANT, '<instant>')
    .replace(NUMBER, '<n>')
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g, '<day>')
    .replace(/\s+/g, ' ')
    .trim();
}

/** @returns the first line of `shown` that `printed` does not have after the lines before it; null: it has all */
export function missingLine(shown: string, printed: string): string | null {
  const there = printed.split('\n').map(essence);
  let from = 0;
  for (const line of shown.split('\n')) {
    const wanted = essence(line);
    if (wanted === '' || wanted === '…') continue;
    const pattern = new RegExp(
      `^${wanted
        .split('…')
        .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    );
    const at = there.findIndex((candidate, index) => index >= from && pattern.test(candidate));
    if (at === -1) return line;
    from = at + 1;
  }
  return null;
}
