import { z } from '@hono/zod-openapi';
import type { CampaignBlock } from '../../../gate/campaign-blocks.ts';
import { COUNTED } from '../../../domain/campaign-rules.ts';
import { toIso } from '../../../domain/time.ts';
import type { CountedQuota } from '../../../gate/rules/quotas.ts';
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

const whole = z.number().int();
export const quotaSchema = z
  .object({
    name: z.string(),
    counts: z.enum(COUNTED),
    per: z.enum(['day', 'total']),
    from: z.string().nullable().openapi({ description: 'When the day began; null: since it was made' }),
    max: whole,
    counted: whole,
    open: whole.openapi({ description: 'Calls that are up and may yet come to it' }),
  })
  .openapi('QuotaNow', { description: 'A quota of a campaign, and how far it is filled.' });

export function quotaJson({
  quota: { name, counts, per, max },
  from,
  counted,
  open,
}: CountedQuota): z.infer<typeof quotaSchema> {
  return { name, counts, per, from: per === 'day' ? toIso(from) : null, max, counted, open };
}

export function blockJson(block: CampaignBlock): z.infer<typeof campaignBlockSchema> {
  return { code: block.code, until: isoOrNull(block.until), detail: { ...block.detail } };
}
