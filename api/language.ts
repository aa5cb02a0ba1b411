import type { Context } from 'hono';
import { z } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import { languageOf, type Language } from './story/messages/index.ts';

/** Header of routes whose answers hold sentences. */
export const languageHeader = z.object({
  'accept-language': z
    .string()
    .max(500)
    .optional()
    .openapi({ description: 'Language of the sentences: en (by default) or zh', example: 'zh-CN' }),
});

/** The language to answer in, said with the answer (`Content-Language`). */
export function answerLanguage(c: Context<ApiEnv>): Language {
  const language = languageOf(c.req.header('accept-language'));
  c.header('Content-Language', language);
  c.header('Vary', 'Accept-Language', { append: true });
  return language;
}
