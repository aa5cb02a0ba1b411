import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { invalidInput } from '../../../domain/failures.ts';

/** The columns of the UCI Bank Marketing file that the model is fitted to. */
export interface UciRow {
  /** `campaign`: contacts made to this client in this campaign, the recorded one included. */
  readonly contacts: number;
  /** `duration`: seconds of the recorded (last) contact. */
  readonly talkS: number;
  /** The client subscribed (`Term Deposite` = yes; `y` in the original file). */
  readonly converted: boolean;
  /** `poutcome` = success: an earlier campaign ended well. */
  readonly previousSuccess: boolean;
}

const rowSchema = z.object({
  campaign: z.coerce.number().int().positive(),
  duration: z.coerce.number().int().nonnegative(),
  poutcome: z.string(),
  'Term Deposite': z.enum(['yes', 'no']),
});

/**
 * @param path `uci-bank-marketing.csv`, or the same gzipped
 * @throws RightcallError `invalid_input` naming the row that is not of this file
 */
export function readUci(path: string): readonly UciRow[] {
  const raw = readFileSync(path);
  const text = path.endsWith('.gz') ? gunzipSync(raw) : raw;
  const records: unknown[] = parse(text, { columns: true });
  return records.map((record, i) => {
    const row = rowSchema.safeParse(record);
    if (!row.success) {
      throw invalidInput([
        {
          field: `${path} row ${i + 2}`,
          fault: row.error.message,
          expected: 'the UCI Bank Marketing columns',
        },
      ]);
    }
    return {
      contacts: row.data.campaign,
      talkS: row.data.duration,
      converted: row.data['Term Deposite'] === 'yes',
      previousSuccess: row.data.poutcome === 'success',
    };
  });
}
