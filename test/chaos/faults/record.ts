import { appendFileSync } from 'node:fs';
import type { z } from 'zod';
import { faultLineSchema, type FaultLine } from '../evidence.ts';

type FaultInput = z.input<typeof faultLineSchema>;

/** Writes down what was really put in. */
export interface FaultRecord {
  note(line: FaultInput): void;
  readonly lines: readonly FaultLine[];
}

export function recordFaults(file: string): FaultRecord {
  const lines: FaultLine[] = [];
  appendFileSync(file, '');
  return {
    note: (input) => {
      const line = faultLineSchema.parse(input);
      lines.push(line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
    },
    lines,
  };
}
