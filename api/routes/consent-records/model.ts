import '@hono/zod-openapi';
import { exchangedRecordSchema } from '../../../domain/exchanged-record.ts';

/** The domain's schema under its name in the API's description; a clone: see definitionSchema (routes/campaigns/model.ts). */
export const consentRecordSchema = exchangedRecordSchema.clone().openapi('ConsentRecord', {
  description: 'A consent with what became of it, in the shape of ISO/IEC TS 27560:2023.',
});
