import { z } from '@hono/zod-openapi';
import type { CampaignBlock } from '../../../gate/campaign-blocks.ts';
import { isoOrNull } from '../../schemas.ts';

/** What dry runs and `why` tell of causes alike. */

export const citedRuleSchema = z
  .object({
    pack: z.string(),
    id: z.string(),
    label: z.string(),
    citation: z
      .object({
        instrument: z.string(),
        article: z.string().nullable(),
        url: z.string().nullable(),
        checkedOn: z.string(),
      })
      .nullable()
      .openapi({ description: 'Null for a guard of the engine itself' }),
  })
  .openapi('CitedRule', { description: 'A rule, and what it rests on.' });

export const campaignBlockSchema = z
  .object({
    code: z.string().openapi({ example: 'campaign.paused' }),
    until: z
      .string()
      .nullable()
      .openapi({ description: 'When it ends by itself; null: when somebody acts, or never' }),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  })
  .openapi('CampaignBlock', { description: 'What keeps all contacts of a campaign from being dialled.' });

export function blockJson(block: CampaignBlock): z.infer<typeof campaignBlockSchema> {
  return { code: block.code, until: isoOrNull(block.until), detail: { ...block.detail } };
}
