import { table } from '../text.ts';
import type { Column } from './table.ts';

/** The value at a path such as `definition.purpose` or `numbers.0`; undefined where there is none. */
export function valueAt(item: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    return (at as Record<string, unknown>)[key];
  }, item);
}

/** More than these do not fit a terminal. */
const COLUMNS_MAX = 7;

/** Columns for a list that no table was written for: the simple values of its first items. */
export function columnsOf(items: readonly Readonly<Record<string, unknown>>[]): Column[] {
  const names = new Set(items.slice(0, 20).flatMap((item) => Object.keys(item)));
  return [...names]
    .filter((name) => items.every((item) => typeof item[name] !== 'object' || item[name] === null))
    .slice(0, COLUMNS_MAX)
    .map((name) => [name.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase(), name]);
}

/** Things in these columns. */
export function tableOf(columns: readonly Column[], items: readonly object[]): string {
  return table(
    columns.map(([heading]) => heading),
    items.map((item) => columns.map(([, path]) => valueAt(item, path))),
  );
}
