import { z } from '@hono/zod-openapi';
import type { PolicyCheckRow, DraftRow, PolicyReviewRow } from '../../../db/repositories/policy-drafts.ts';
import type { RetimingRow } from '../../../db/repositories/policy-retimings.ts';
import type { ActivationRow } from '../../../db/repositories/policy-versions.ts';
import { DRAFT_STATUSES, type PolicyChange } from '../../../domain/policy-draft.ts';
import { toIso, type EpochMs } from '../../../domain/time.ts';
import { canonicalHash, caseFileSchema, documentKey } from '../../../policies/index.ts';
import type { CheckResult } from '../../actions/policy-check.ts';
import { faultSchema } from '../../problems.ts';
import { inputIdSchema, isoOrNull } from '../../schemas.ts';

/** A whole set that ships is some seventy documents. */
const DOCUMENTS_MAX = 200;

export const draftParams = z.object({ draftId: inputIdSchema.openapi({ description: 'Draft id' }) });

const documentSchema = z
  .looseObject({ kind: z.enum(['pack', 'calendar']), id: z.string().min(1).max(80) })
  .openapi('PolicyDocument', {
    description:
      'A pack or calendar as docs/policies.md has it. Its form is looked at when the draft is checked.',
  });

const keySchema = z
  .string()
  .regex(/^(pack|calendar)\/[a-z0-9-]{1,80}$/, 'names no document; expected pack/<id> or calendar/<id>')
  .openapi({ example: 'pack/house-marketing-cn' });

const caseFile = z.looseObject({
  title: z.string(),
  packs: z.array(z.string()),
  cases: z.array(z.unknown()),
});
const caseFilesSchema = z
  .array(
    caseFile.superRefine((file, context) => {
      const parsed = caseFileSchema.safeParse(file);
      for (const { path, message } of parsed.error?.issues ?? []) {
        context.addIssue({
          code: 'custom',
          path: [...path],
          message: `${message}; expected a case as docs/policies.md has it`,
        });
      }
    }),
  )
  .max(DOCUMENTS_MAX)
  .openapi({ description: 'Files of cases, each as in docs/policies.md; they are run at every check' });

const reason = z.string().trim().min(1).max(2_000);
export const noteSchema = reason.nullable().default(null);

const acceptedSchema = z
  .array(z.strictObject({ rule: z.string().min(1).max(120), reason }))
  .max(DOCUMENTS_MAX)
  .openapi({
    description:
      'Rules of the law that may become looser because the law itself has changed, each with the reason; asks for `policies.law`',
  });

export const writtenSchema = z.strictObject({
  title: z.string().trim().min(1).max(200).openapi({ example: 'Quieter evenings in Guangdong' }),
  note: noteSchema.openapi({ description: 'Why, for those who review it' }),
  put: z.array(documentSchema).max(DOCUMENTS_MAX).default([]),
  remove: z.array(keySchema).max(DOCUMENTS_MAX).default([]),
  cases: caseFilesSchema.default([]),
  accepted: acceptedSchema.default([]),
  fromSet: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/, 'is not the hash of a policy set, or its first 8 characters or more')
    .nullable()
    .default(null)
    .openapi({ description: 'A published set to go back to: the draft makes it out of the latest one' }),
});

export const editSchema = z.strictObject({
  title: writtenSchema.shape.title.optional(),
  note: reason.nullable().optional(),
  put: z
    .array(documentSchema)
    .max(DOCUMENTS_MAX)
    .optional()
    .openapi({ description: 'In place of what the draft says of these documents' }),
  remove: z.array(keySchema).max(DOCUMENTS_MAX).optional(),
  undo: z
    .array(keySchema)
    .max(DOCUMENTS_MAX)
    .optional()
    .openapi({ description: 'Documents that the draft leaves as they are after all' }),
  cases: caseFilesSchema.optional(),
  accepted: acceptedSchema.optional(),
});

/** What a body says as changes; of a document that is put and removed, the removal counts. */
export function changesOf(body: {
  readonly put?: readonly { readonly kind: 'pack' | 'calendar'; readonly id: string }[] | undefined;
  readonly remove?: readonly string[] | undefined;
}): PolicyChange[] {
  const changes = new Map<string, PolicyChange>();
  for (const document of body.put ?? []) {
    const { kind, id } = document;
    changes.set(documentKey(document), { action: 'put', kind, id, document });
  }
  for (const key of body.remove ?? []) {
    const [kind, id] = key.split('/') as ['pack' | 'calendar', string];
    changes.set(key, { action: 'remove', kind, id });
  }
  return [...changes.values()];
}

const changeSchema = z.object({
  action: z.enum(['put', 'remove']),
  kind: z.enum(['pack', 'calendar']),
  id: z.string(),
  version: z.number().nullable(),
  hash: z.string().nullable(),
  document: z.unknown().optional(),
});

export const checkSchema = z
  .object({
    passed: z.boolean(),
    faults: z.array(faultSchema),
    warnings: z.array(z.string()),
    cases: z.object({ run: z.number().int(), failed: z.number().int() }),
    touchesLaw: z.boolean().openapi({ description: 'Approving and publishing it asks for `policies.law`' }),
    checkedBy: z.string(),
    checkedAt: z.string(),
  })
  .openapi('PolicyCheck');

const draftFields = {
  id: z.string(),
  title: z.string(),
  note: z.string().nullable(),
  status: z.enum(DRAFT_STATUSES),
  next: z.string().openapi({ description: 'What is to be done next, in words' }),
  revision: z
    .number()
    .int()
    .openapi({ description: 'Also the ETag; send it as If-Match with whatever is done to the draft' }),
  baseHash: z.string().openapi({ description: 'The set that the changes are made to' }),
  candidateHash: z
    .string()
    .nullable()
    .openapi({ description: 'The set that it would put in force; null: not checked' }),
  authors: z.array(z.string()),
  changes: z.array(changeSchema),
  previewId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  closedAt: z.string().nullable(),
};

export const draftSchema = z.object(draftFields).openapi('PolicyDraft', {
  description: 'An edit of the policies on its way into force.',
});

export const draftWholeSchema = z
  .object({
    ...draftFields,
    cases: z.array(z.unknown()),
    accepted: z.array(z.object({ rule: z.string(), reason: z.string() })),
    check: checkSchema.nullable().openapi({ description: 'The latest of this revision' }),
    reviews: z.array(
      z.object({
        revision: z.number().int(),
        verdict: z.enum(['approved', 'rejected']),
        note: z.string().nullable(),
        by: z.string(),
        at: z.string(),
      }),
    ),
    difference: z.array(z.string()).openapi({ description: 'What it changes, in words, a line each' }),
  })
  .openapi('PolicyDraftWhole');

export function draftJson(draft: DraftRow): z.infer<typeof draftSchema> {
  const { id, title, note, status, revision, baseHash, candidateHash, previewId, createdBy } = draft;
  return {
    id,
    title,
    note,
    status,
    next: nextOf(draft),
    revision,
    baseHash,
    candidateHash,
    authors: draft.authors,
    changes: draft.changes.map((change) => changeJson(change, false)),
    previewId,
    createdBy,
    createdAt: toIso(draft.createdAt),
    updatedAt: toIso(draft.updatedAt),
    closedAt: isoOrNull(draft.closedAt),
  };
}

export function changeJson(change: PolicyChange, whole: boolean): z.infer<typeof changeSchema> {
  const { action, kind, id } = change;
  if (change.action === 'remove') return { action, kind, id, version: null, hash: null };
  const { version } = change.document as { version?: unknown };
  return {
    action,
    kind,
    id,
    version: typeof version === 'number' ? version : null,
    hash: canonicalHash(change.document),
    ...(whole ? { document: change.document } : {}),
  };
}

function nextOf({ status }: DraftRow): string {
  switch (status) {
    case 'draft':
      return 'check it';
    case 'checked':
      return 'preview what it would change';
    case 'previewed':
      return 'have somebody who did not write it approve it';
    case 'approved':
      return 'publish it';
    case 'published':
    case 'withdrawn':
      return 'nothing: it is closed';
  }
}

export function checkJson(check: PolicyCheckRow): z.infer<typeof checkSchema> {
  const { passed, faults, warnings, cases, touchesLaw } = check.result as CheckResult;
  return {
    passed,
    faults: faults.map((fault) => ({ ...fault })),
    warnings: [...warnings],
    cases,
    touchesLaw,
    checkedBy: check.checkedBy,
    checkedAt: toIso(check.checkedAt),
  };
}

export function reviewJson(review: PolicyReviewRow) {
  const { draftRevision, verdict, note, reviewedBy, reviewedAt } = review;
  return { revision: draftRevision, verdict, note, by: reviewedBy, at: toIso(reviewedAt) };
}

export const publicationSchema = z
  .object({
    id: z.number().int(),
    hash: z.string(),
    status: z.enum(['scheduled', 'in_force', 'past', 'cancelled']),
    effectiveAt: z.string(),
    until: z.string().nullable().openapi({ description: 'When the next one takes its place' }),
    publishedAt: z.string(),
    publishedBy: z.string(),
    draftId: z
      .string()
      .nullable()
      .openapi({ description: 'Null: the engine put the shipped set in force by itself' }),
    note: z.string().nullable(),
    cancelledAt: z.string().nullable(),
    cancelledBy: z.string().nullable(),
    retiming: z
      .object({
        state: z.enum(['pending', 'running', 'done', 'overtaken', 'cancelled']),
        lookedAt: z.number().int(),
        earlier: z.number().int(),
        later: z.number().int(),
        finishedAt: z.string().nullable(),
      })
      .nullable()
      .openapi({
        description:
          'Waiting contacts that were looked at again, and those that wait for another instant now',
      }),
  })
  .openapi('PolicyPublication');

export function publicationJson(
  row: ActivationRow,
  retiming: RetimingRow | undefined,
  now: EpochMs,
): z.infer<typeof publicationSchema> {
  return {
    id: row.id,
    hash: row.setHash,
    status: statusOf(row, now),
    effectiveAt: toIso(row.effectiveAt),
    until: row.cancelledAt === null ? isoOrNull(row.replacedAt) : null,
    publishedAt: toIso(row.activatedAt),
    publishedBy: row.activatedBy,
    draftId: row.draftId,
    note: row.note,
    cancelledAt: isoOrNull(row.cancelledAt),
    cancelledBy: row.cancelledBy,
    retiming:
      retiming === undefined
        ? null
        : {
            state: retiming.state,
            lookedAt: retiming.lookedAt,
            earlier: retiming.earlier,
            later: retiming.later,
            finishedAt: isoOrNull(retiming.finishedAt),
          },
  };
}

function statusOf(row: ActivationRow, now: EpochMs): z.infer<typeof publicationSchema>['status'] {
  if (row.cancelledAt !== null) return 'cancelled';
  if (row.effectiveAt > now) return 'scheduled';
  return row.replacedAt === null || row.replacedAt > now ? 'in_force' : 'past';
}
