import { maskText } from '../domain/mask.ts';

/** Something in a row that was not taken, and why; stored with its import. The value is masked. */
export interface Issue {
  /** Line in the file, from 1, header included. */
  readonly line: number;
  readonly column: string;
  readonly maskedValue: string;
  readonly code: string;
  readonly reason: string;
}

export function issue(line: number, column: string, value: string, code: string, reason: string): Issue {
  return { line, column, maskedValue: maskText(value), code, reason };
}
