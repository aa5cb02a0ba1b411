import { z } from '@hono/zod-openapi';
import type { PriceList } from '../../../db/repositories/prices.ts';
import { pricesSchema } from '../../../domain/kpi.ts';
import { toIso } from '../../../domain/time.ts';

export const priceListSchema = z
  .object({
    validFrom: z.string().openapi({ description: 'It holds from here on, until the next list' }),
    prices: pricesSchema.clone().openapi('Prices'),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .openapi('PriceList', { description: 'What things cost (价目表).' });

export function priceListJson({ validFrom, prices, createdBy, createdAt }: PriceList) {
  return { validFrom: toIso(validFrom), prices, createdBy, createdAt: toIso(createdAt) };
}
