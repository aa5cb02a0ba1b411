import type { EpochMs } from '../../domain/time.ts';

/** Numbers and times as people read them. */

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. @param ms a span of real time */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** `Mon 2026-11-23 13:05 UTC`: simulated instants span zones, so they are told in one that is nobody's. */
export function instant(at: EpochMs): string {
  const date = new Date(at);
  const iso = date.toISOString();
  return `${WEEKDAYS[date.getUTCDay()]} ${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** `20,000` */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `12.5 %`; `–` where there is nothing to divide by. */
export function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** `[#####-----]`, `width` characters inside the brackets. @param part 0 to 1 */
export function bar(part: number, width: number): string {
  const full = Math.floor(Math.min(Math.max(part, 0), 1) * width);
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`;
}

/** Cells of a terminal that a text takes: East Asian characters take two (Unicode annex 11, W and F). */
function width(text: string): number {
  return [...text].reduce(
    (sum, char) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(char) ? 2 : 1),
    0,
  );
}

/** Rows in columns, the first left-aligned, the others right-aligned, two spaces in front of each line. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const pad = ' '.repeat(widths[i]! - width(cell));
      return i === 0 ? cell + pad : pad + cell;
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
