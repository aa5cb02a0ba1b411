import '@hono/zod-openapi';
import { exchangedRecordSchema } from '../../../domain/exchanged-record.ts';

/** The domain's schema under its name in the API's description; a clone, because only what is made here can have one. */
export const consentRecordSchema = exchangedRecordSchema.clone().openapi('ConsentRecord', {
  description: 'A consent with what became of it, in the shape of ISO/IEC TS 27560:2023.',
});
