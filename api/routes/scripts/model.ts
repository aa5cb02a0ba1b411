import { z } from '@hono/zod-openapi';
import type { ScriptRow, ScriptVersionRow } from '../../../db/repositories/scripts.ts';
import { scriptDocumentSchema } from '../../../domain/script.ts';
import { toIso } from '../../../domain/time.ts';
import { inputIdSchema, isoOrNull } from '../../schemas.ts';

/** A clone: see definitionSchema (routes/campaigns/model.ts). */
export const documentSchema = scriptDocumentSchema.clone().openapi('ScriptDocument', {
  description:
    'A dialogue: nodes that say, ask for a key, collect digits, or end the call with a disposition. From every node the ' +
    'person can opt out, and a call with somebody who says nothing ends.',
});

const scriptId = inputIdSchema.openapi({ description: 'Script id' });
export const scriptParams = z.object({ scriptId });
export const versionParams = z.object({
  scriptId,
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_147_483_647)
    .openapi({ description: 'Number of the version' }),
});

export const scriptNameSchema = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(200)
  .openapi({ example: 'Renewal call' });

export const scriptSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['draft', 'published', 'retired']),
    latestVersion: z.number().int(),
    publishedVersion: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Published last; earlier ones that were published stay usable' }),
    revision: z
      .number()
      .int()
      .openapi({ description: 'Also the ETag; send it as If-Match with a new version' }),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    retiredAt: z.string().nullable(),
  })
  .openapi('Script', { description: 'A versioned dialogue (话术).' });

export function scriptJson(row: ScriptRow): z.infer<typeof scriptSchema> {
  const { id, name, latestVersion, publishedVersion, revision, createdBy } = row;
  return {
    id,
    name,
    state: row.retiredAt !== null ? 'retired' : publishedVersion !== null ? 'published' : 'draft',
    latestVersion,
    publishedVersion,
    revision,
    createdBy,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
    retiredAt: isoOrNull(row.retiredAt),
  };
}

const versionFields = {
  version: z.number().int(),
  hash: z
    .string()
    .openapi({ description: 'SHA-256 (hex) over the canonical JSON (RFC 8785) of the document' }),
  language: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  publishedBy: z.string().nullable(),
  publishedAt: z.string().nullable(),
};

export const versionSummarySchema = z.object(versionFields).openapi('ScriptVersionSummary');
export const versionSchema = z
  .object({ ...versionFields, document: documentSchema })
  .openapi('ScriptVersion', { description: 'Never changed; only that it was published is added.' });

export function versionSummaryJson(row: ScriptVersionRow): z.infer<typeof versionSummarySchema> {
  const { version, hash, createdBy, publishedBy } = row;
  return {
    version,
    hash,
    language: row.document.language,
    createdBy,
    createdAt: toIso(row.createdAt),
    publishedBy,
    publishedAt: isoOrNull(row.publishedAt),
  };
}

export function versionJson(row: ScriptVersionRow): z.infer<typeof versionSchema> {
  return { ...versionSummaryJson(row), document: row.document };
}

export const scriptWithVersionSchema = z.object({ script: scriptSchema, version: versionSchema });

/** A script as its changes record it. */
export function scriptForRecord(row: ScriptRow): Record<string, unknown> {
  const { name, latestVersion, publishedVersion, revision } = row;
  return { name, latestVersion, publishedVersion, revision, retired: row.retiredAt !== null };
}
