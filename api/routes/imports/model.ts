import { z } from '@hono/zod-openapi';
import type { ImportIssueRow, ImportRow } from '../../../db/repositories/imports-read.ts';
import { toIso } from '../../../domain/time.ts';
import { isoOrNull } from '../../schemas.ts';

export const importSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['contacts', 'do_not_call']),
    campaignId: z.string().nullable(),
    sourceName: z.string(),
    contentHash: z.string(),
    status: z.enum(['running', 'completed', 'failed']),
    detected: z.unknown().openapi({ description: 'Encoding, delimiter and columns as they were found out' }),
    rowsDone: z
      .number()
      .int()
      .openapi({ description: 'Rows stored for good; an interrupted import goes on after them' }),
    rowsPerSecond: z.number().nullable().openapi({
      description: 'Of the run under way or the last one, real time; null: nothing was stored yet',
    }),
    advancedAt: z
      .string()
      .nullable()
      .openapi({
        description:
          'When rows were last stored (real). A `running` import that has not advanced for a minute was interrupted, as ' +
          'a rule: send the same file again, and it goes on after `rowsDone`.',
      }),
    counts: z.record(z.string(), z.number()),
    error: z.string().nullable(),
    createdAt: z.string(),
    finishedAt: z.string().nullable(),
  })
  .openapi('Import');

export function importJson(row: ImportRow): z.infer<typeof importSchema> {
  return {
    id: row.id,
    kind: row.kind,
    campaignId: row.campaignId,
    sourceName: row.sourceName,
    contentHash: row.contentHash,
    status: row.status,
    detected: row.detected ?? null,
    rowsDone: row.rowsDone,
    rowsPerSecond: paceOf(row),
    advancedAt: isoOrNull(row.advancedReal),
    counts: row.counts,
    error: row.error,
    createdAt: toIso(row.createdReal),
    finishedAt: isoOrNull(row.finishedReal),
  };
}

/** Rows a second since the run began; a run that was taken up again counts from where it was. */
export function paceOf(
  row: Pick<ImportRow, 'rowsDone' | 'runFromRows' | 'runSinceReal' | 'advancedReal'>,
): number | null {
  if (row.runSinceReal === null || row.advancedReal === null) return null;
  const elapsedS = Math.max(row.advancedReal - row.runSinceReal, 1) / 1_000;
  return Math.round((row.rowsDone - row.runFromRows) / elapsedS);
}

/** What an import answers with: the row, and whether the same content had been taken in before. */
export const importedSchema = z.object({ import: importSchema, alreadyImported: z.boolean() });

export const importIssueSchema = z
  .object({
    id: z.number().int(),
    line: z.number().int().openapi({ description: 'In the file, from 1, header included' }),
    column: z.string(),
    maskedValue: z.string(),
    code: z.string(),
    reason: z.string(),
  })
  .openapi('ImportIssue');

export function importIssueJson(row: ImportIssueRow): z.infer<typeof importIssueSchema> {
  const { id, line, column, maskedValue, code, reason } = row;
  return { id, line, column, maskedValue, code, reason };
}

/** Query parameters that every upload has. */
export const uploadQuery = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .regex(/^[^/\\\0]+$/, 'is not a file name; expected one without / and \\')
    .openapi({ description: 'File name, for people; its ending tells the format', example: 'contacts.csv' }),
  format: z
    .enum(['csv', 'jsonl'])
    .optional()
    .openapi({ description: 'Left out: told from name and content' }),
  defaultCountry: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not a country; expected ISO 3166-1 such as CN')
    .optional()
    .openapi({ description: 'Country of numbers that name none' }),
});

/** The file itself, as it is: CSV or JSON lines, gzip or not. */
export const uploadBody = {
  content: {
    'application/octet-stream': { schema: { type: 'string' as const, format: 'binary' } },
    'text/csv': { schema: { type: 'string' as const } },
    'text/plain': { schema: { type: 'string' as const } },
    'application/x-ndjson': { schema: { type: 'string' as const } },
    'application/gzip': { schema: { type: 'string' as const, format: 'binary' } },
    'application/x-gzip': { schema: { type: 'string' as const, format: 'binary' } },
  },
  required: true as const,
};
