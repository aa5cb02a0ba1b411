import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AttemptFigures } from '../../../db/repositories/report-attempts.ts';
import { isZone } from '../../../domain/wall-clock.ts';
import { CSV_TYPE, prefersCsv, streamOf } from '../../csv.ts';
import type { ApiEnv } from '../../env.ts';

/** What reports have in common. */

export const formatQuery = z
  .enum(['json', 'csv'])
  .optional()
  .openapi({ description: 'Left out: by the `Accept` header, JSON where it names neither' });

export const CSV_NOTE =
  'As JSON, or as CSV with `Accept: text/csv` or `format=csv` (RFC 4180, UTF-8 with a byte-order mark; a cell that a ' +
  'spreadsheet would take for a formula begins with an apostrophe).';

export const zoneQuery = z
  .string()
  .max(100)
  .refine(isZone, 'is not a zone; expected an IANA name such as Asia/Shanghai')
  .default('UTC')
  .openapi({ description: 'IANA zone that hours and days are told in' });

const count = z.number().int();

export const attemptFiguresSchema = z
  .object({
    attempts: count.openapi({ description: 'That rang or may have rung' }),
    notSent: count.openapi({ description: 'Taken back, abandoned or refused by the carrier: no phone rang' }),
    ended: count.openapi({ description: 'Of `attempts`, those whose outcome is known' }),
    answered: count,
    answerRate: z.number().nullable().openapi({ description: '接听率: answered per ended' }),
    reached: count.openapi({ description: 'Contacts a person answered for' }),
    converted: count,
    talkS: z.number().openapi({ description: 'Seconds of conversation' }),
  })
  .openapi('AttemptFigures');

export function figuresJson(figures: AttemptFigures): z.infer<typeof attemptFiguresSchema> {
  return { ...figures, answerRate: ratio(figures.answered, figures.ended) };
}

/** Columns of the figures in a file, in the order of `figuresCells`. */
export const FIGURE_COLUMNS = [
  'attempts',
  'notSent',
  'ended',
  'answered',
  'answerRate',
  'reached',
  'converted',
  'talkS',
] as const;

export function figuresCells(figures: AttemptFigures): (number | null)[] {
  const json = figuresJson(figures);
  return FIGURE_COLUMNS.map((column) => json[column]);
}

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** Whether to answer with a file. */
export function wantsCsv(c: Context<ApiEnv>, format: 'json' | 'csv' | undefined): boolean {
  c.header('Vary', 'Accept');
  return format === 'csv' || (format === undefined && prefersCsv(c.req.header('accept')));
}

/** Without it, spreadsheets in Chinese read UTF-8 as GBK. */
const BYTE_ORDER_MARK = '\uFEFF';

/** A file made as it is read. @param name without personal data: ids and words of ours */
export function csvFile(c: Context<ApiEnv>, name: string, lines: AsyncGenerator<string>) {
  const marked = (async function* () {
    yield BYTE_ORDER_MARK;
    yield* lines;
  })();
  return c.body(streamOf(marked), 200, {
    'Content-Type': CSV_TYPE,
    'Content-Disposition': `attachment; filename="${name}.csv"`,
  });
}
