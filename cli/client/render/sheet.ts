import { columnsOf, tableOf } from '../spec/columns.ts';
import { pairs } from '../text.ts';

type Entries = [string, unknown][];

/**
 * One thing for people: label and value, a line each; parts of parts by their path, lists of things as tables below.
 * What is written for machines is `--json`.
 */
export function sheet(value: object): string {
  const lines: Entries = [];
  const lists: [string, readonly Readonly<Record<string, unknown>>[]][] = [];
  collect('', value, lines, lists);
  const tables = lists.map(([label, items]) => {
    return `${label}\n${tableOf(columnsOf(items), items)}`;
  });
  return [...(lines.length === 0 ? [] : [pairs(lines)]), ...tables].join('\n\n');
}

function collect(
  path: string,
  value: object,
  lines: Entries,
  lists: [string, readonly Readonly<Record<string, unknown>>[]][],
): void {
  for (const [key, part] of Object.entries(value)) {
    const label = path === '' ? key : `${path}.${key}`;
    if (Array.isArray(part)) {
      const items = part as unknown[];
      if (items.length > 0 && items.every(isThing)) lists.push([label, items]);
      else
        lines.push([label, items.every((one) => typeof one !== 'object') ? items.join(', ') || '–' : part]);
    } else if (isThing(part) && Object.keys(part).length > 0) collect(label, part, lines, lists);
    else lines.push([label, part]);
  }
}

function isThing(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
