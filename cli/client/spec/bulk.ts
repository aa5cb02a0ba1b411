import { plain } from '../text.ts';

/** Items the API takes in one request (its bulk forms say `maxItems: 1000`). */
const ITEMS_MAX = 1_000;

/** JSON of the items in one request, bytes: with the little that stands around them under the API's 1 MiB. */
const BYTES_MAX = 1_000_000;

/** A list that is longer than one request may be, in parts that are not; an item too long by itself is the API's to refuse. Pure. */
export function partsOf(items: readonly unknown[]): unknown[][] {
  const parts: unknown[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    const own = Buffer.byteLength(JSON.stringify(item) ?? '') + 1;
    const part = parts.at(-1)!;
    if (part.length > 0 && (part.length === ITEMS_MAX || bytes + own > BYTES_MAX)) {
      parts.push([item]);
      bytes = own;
    } else {
      part.push(item);
      bytes += own;
    }
  }
  return parts;
}

type Answer = Readonly<Record<string, unknown>>;

/** Answers to the parts as one: lists one after the other, counts added up. */
export function joined(answers: readonly Answer[]): Answer {
  const all: Record<string, unknown> = {};
  for (const answer of answers) {
    for (const [name, value] of Object.entries(answer)) {
      const before = all[name];
      if (Array.isArray(value) && Array.isArray(before))
        all[name] = [...(before as unknown[]), ...(value as unknown[])];
      else if (typeof value === 'number' && typeof before === 'number') all[name] = before + value;
      else all[name] = value;
    }
  }
  return all;
}

interface Item {
  readonly problem?: { readonly code: string; readonly detail: string } | null;
}

/** Counts, then what was not done, by its place in the file. */
export function bulkText(answer: Answer): string {
  const counts = Object.entries(answer).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${value} ${name}`] : [],
  );
  const items = (answer['items'] as readonly Item[] | undefined) ?? [];
  const faults = items.flatMap(({ problem }, i) =>
    problem === null || problem === undefined
      ? []
      : [`  item ${i + 1}: ${plain(problem.code)}: ${plain(problem.detail)}`],
  );
  return [counts.join(', '), ...faults].join('\n');
}

/** How many of them were not done. */
export function failedOf(answer: Answer): { failed: number; all: number } {
  const items = (answer['items'] as readonly Item[] | undefined) ?? [];
  return { failed: items.filter((item) => (item.problem ?? null) !== null).length, all: items.length };
}
