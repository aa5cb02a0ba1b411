import { z } from '@hono/zod-openapi';
import type { CheckpointRow } from '../../../db/repositories/evidence-log.ts';
import { toIso } from '../../../domain/time.ts';
import { signedOf } from '../../../evidence/log.ts';
import { isoOrNull } from '../../schemas.ts';

export const checkpointSchema = z
  .object({
    size: z.number().int().openapi({ description: 'How many decisions the log held' }),
    previousSize: z.number().int().openapi({ description: 'And at the checkpoint before it' }),
    root: z.string().openapi({ description: 'RFC 9162 tree hash over all of them, hex' }),
    madeReal: z.string().openapi({ description: 'Real time' }),
    copiedReal: z.string().nullable().openapi({
      description: 'When it stood in the second place too (real time); null: not yet, or there is none',
    }),
    keyId: z.string().openapi({ description: 'First 16 hex digits of the SHA-256 over the public key' }),
    signed: z
      .object({
        checkpoint: z.object({
          schema: z.string(),
          tenantId: z.string(),
          size: z.number().int(),
          root: z.string(),
          atReal: z.number().int(),
          keyId: z.string(),
          publicKey: z.string(),
        }),
        signature: z.string(),
      })
      .openapi({
        description: 'What was signed: Ed25519 over the canonical JSON (RFC 8785) of `checkpoint`, base64',
      }),
  })
  .openapi('Checkpoint', {
    description: 'A signed statement: so many decisions, in this order and no other, give this root.',
  });

export function toCheckpoint(tenantId: string, row: CheckpointRow): z.input<typeof checkpointSchema> {
  const { size, previousSize, root, atReal, copiedReal, keyId } = row;
  return {
    size,
    previousSize,
    root,
    madeReal: toIso(atReal),
    copiedReal: isoOrNull(copiedReal),
    keyId,
    signed: signedOf(tenantId, row),
  };
}
