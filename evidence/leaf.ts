import { canonicalHash, canonicalJson } from '../policies/index.ts';
import { hashLeaf } from './merkle.ts';

/**
 * What is sealed of a decision: one JSON object of all its columns. Large ones (what it saw and what each rule said)
 * stand in it by their hash, so that they may be withheld or erased later and the proof still holds. A column that is
 * null is left out: a column that is added later, null in the rows there are, changes no leaf that was sealed before.
 * Instants are epoch ms, names are those of the columns in camel case.
 */
export const LEAF_SCHEMA = 'rightcall.decision/1';

/** Columns that always go in as `<name>Hash`, SHA-256 over their canonical JSON; so does any that holds objects. */
const CONTENTS = ['facts', 'results'] as const;

export interface Leaf {
  /** The object that is sealed. */
  readonly decision: Readonly<Record<string, unknown>>;
  /** What it names by hash. */
  readonly contents: Readonly<Record<string, unknown>>;
  readonly hash: Buffer;
}

/** @param row a row of `decisions` with the columns' own names */
export function leafOf(row: Readonly<Record<string, unknown>>): Leaf {
  const decision: Record<string, unknown> = { schema: LEAF_SCHEMA };
  const contents: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null || value === undefined) continue;
    if (!isContent(column, value)) {
      decision[camel(column)] = value;
      continue;
    }
    contents[column] = value;
    // The hash that was recorded with the decision is the one that is sealed; whether it is true is checked apart.
    if (typeof row[`${column}_hash`] !== 'string') decision[`${column}Hash`] = canonicalHash(value);
  }
  return { decision, contents, hash: hashLeaf(canonicalJson(decision)) };
}

/** By the value and not by a list alone: a version that does not know a column yet seals it as later ones do. */
function isContent(column: string, value: unknown): boolean {
  if ((CONTENTS as readonly string[]).includes(column)) return true;
  const isObject = (one: unknown) => typeof one === 'object' && one !== null;
  return Array.isArray(value) ? value.some(isObject) : isObject(value);
}

function camel(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
