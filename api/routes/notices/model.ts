import { z } from '@hono/zod-openapi';
import type { ConsentNoticeRow } from '../../../db/repositories/consent-notices.ts';
import { toIso } from '../../../domain/time.ts';

export const publishedNoticeSchema = z
  .object({
    id: z.string(),
    version: z.number().int(),
    language: z.string(),
    title: z.string(),
    text: z.string(),
    textSha256: z
      .string()
      .openapi({ description: 'Of the text as UTF-8; the evidence of consents that name it' }),
    items: z
      .array(z.string())
      .openapi({ description: 'What of PIPL 17 the text says, by whoever published it' }),
    publishedAt: z.string(),
    publishedBy: z.string(),
  })
  .openapi('ConsentNotice', {
    description: 'A text that people are shown (告知文本); a version never changes.',
  });

export function noticeJson(row: ConsentNoticeRow): z.infer<typeof publishedNoticeSchema> {
  const { id, version, language, title, text, textHash, items, publishedAt, publishedBy } = row;
  return {
    ...{ id, version, language, title, text },
    textSha256: textHash.toString('hex'),
    items,
    publishedAt: toIso(publishedAt),
    publishedBy,
  };
}
