import type { Shell } from './shell.ts';

const CODES = { green: 32, yellow: 33, red: 31, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

/** Colours where standard output is a terminal and NO_COLOR is not set (no-color.org); else the text as it is. */
export function paintFor({ stdout, env }: Shell): Paint {
  const colours = stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return colours ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_colour, text) => text;
}
