import { setImmediate as nextTurn } from 'node:timers/promises';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { storePolicySet } from '../../db/repositories/policies.ts';
import {
  draftById,
  insertCheck,
  lockDraft,
  setDraftStatus,
  type DraftRow,
  type PolicyCheckRow,
} from '../../db/repositories/policy-drafts.ts';
import { publishedCases, publishedVersions } from '../../db/repositories/policy-versions.ts';
import type { Database } from '../../db/client.ts';
import { conflict, notFound, RightcallError, type Fault } from '../../domain/failures.ts';
import {
  bundledCases,
  calendarsEndingSoon,
  caseFileSchema,
  checkForm,
  compilePolicySet,
  documentKey,
  fromStored,
  runCases,
  toStored,
  type CaseFile,
  type PolicyDocument,
} from '../../policies/index.ts';
import { requireRevision } from '../revisions.ts';
import { documentsOf, type PolicySetDeps } from './policy-sets.ts';

export interface CheckResult {
  readonly passed: boolean;
  /** What keeps it from being published, in the order to mend it. */
  readonly faults: readonly Fault[];
  /** What a reviewer should know; it keeps nothing back. */
  readonly warnings: readonly string[];
  readonly cases: { readonly run: number; readonly failed: number };
  /** Approving and publishing it asks for `policies.law`. */
  readonly touchesLaw: boolean;
}

interface DraftAction extends Author {
  readonly tenantId: string;
  readonly draftId: string;
  readonly revision: number;
}

/**
 * Check a draft: form, the set as a whole, tighten-only, cases. What was found is data, whether it passes or not; passed,
 * the whole set is stored under its hash, so that preview, review and publication are of those very bytes.
 */
export async function checkDraft(
  deps: PolicySetDeps & { readonly db: Database },
  action: DraftAction,
): Promise<{ draft: DraftRow; check: PolicyCheckRow }> {
  const read = await deps.db.inTenant(action.tenantId, async (tx) => {
    const draft = mustBeCheckable(await draftById(tx, action.draftId), action);
    const ids = draft.changes.flatMap((change) => (change.action === 'put' ? [change.id] : []));
    return {
      draft,
      base: await documentsOf(tx, deps, draft.baseHash),
      published: await publishedVersions(tx, ids),
      cases: await publishedCases(tx),
    };
  });
  const { draft, base } = read;
  const shipped = deps.defaultPolicySet().documents.map(fromStored);
  const form = checkForm(base, draft.changes, { ...read, shipped, accepted: draft.accepted });
  const cases =
    form.candidate === null || form.candidateHash === null
      ? { run: 0, failed: 0, faults: [] }
      : await casesOf(draft, form.candidate, read.cases);
  const faults = [...form.faults, ...cases.faults];
  const passed = faults.length === 0;
  const at = deps.clock.now();
  const result: CheckResult = {
    passed,
    faults,
    warnings: form.candidateHash === null ? [] : warningsOf(draft, form.candidate!, at),
    cases: { run: cases.run, failed: cases.failed },
    touchesLaw: form.touchesLaw,
  };
  const candidateHash = passed ? form.candidateHash : null;
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const locked = mustBeCheckable(await lockDraft(tx, action.draftId), action);
    if (candidateHash !== null) {
      await storePolicySet(tx, { hash: candidateHash, documents: form.candidate!.map(toStored) }, at);
    }
    const check = await insertCheck(tx, {
      draftId: draft.id,
      draftRevision: draft.revision,
      baseHash: draft.baseHash,
      candidateHash,
      passed,
      result,
      checkedBy: action.by,
      checkedAt: at,
    });
    const after = await setDraftStatus(tx, locked, {
      status: passed ? 'checked' : 'draft',
      candidateHash,
      at,
    });
    await recordChange(tx, {
      by: action.by,
      requestId: action.requestId,
      action: 'checkPolicyDraft',
      resource: 'policy_draft',
      resourceId: draft.id,
      before: { status: locked.status },
      after: { status: after.status, revision: draft.revision, candidateHash, faults: faults.length },
      at,
    });
    return { draft: after, check };
  });
}

function mustBeCheckable(draft: DraftRow | null, action: DraftAction): DraftRow {
  if (draft === null) throw notFound('the draft');
  requireRevision('the draft', draft.revision, action.revision);
  if (draft.status === 'published' || draft.status === 'withdrawn') {
    throw conflict(`the draft is ${draft.status} and is not checked any more`);
  }
  if (draft.status === 'approved')
    throw conflict('the draft is approved as it was checked; publish it, or edit it');
  return draft;
}

let shippedCases: readonly CaseFile[] | undefined;

/** Case files that can come out differently by the draft: its own, and those of what it changes. */
function casesToRun(
  draft: DraftRow,
  candidate: readonly PolicyDocument[],
  published: readonly unknown[],
): CaseFile[] {
  shippedCases ??= bundledCases().map(({ file }) => file);
  const own = draft.cases.map((file) => caseFileSchema.parse(file));
  const files = new Map<string, CaseFile>();
  const earlier = [...shippedCases, ...published.map((file) => caseFileSchema.parse(file))];
  const packs = new Set(candidate.map(({ id }) => id));
  const changed = new Set(draft.changes.map(documentKey));
  const anyCalendar = draft.changes.some(({ kind }) => kind === 'calendar');
  for (const file of earlier) {
    const affected = anyCalendar || file.packs.some((id) => changed.has(`pack/${id}`));
    if (affected && file.packs.every((id) => packs.has(id))) files.set(file.title, file);
  }
  for (const file of own) files.set(file.title, file);
  return [...files.values()];
}

async function casesOf(
  draft: DraftRow,
  candidate: readonly PolicyDocument[],
  published: readonly unknown[],
): Promise<{ run: number; failed: number; faults: Fault[] }> {
  const faults: Fault[] = [];
  let run = 0;
  for (const file of casesToRun(draft, candidate, published)) {
    await nextTurn();
    try {
      for (const { name, differences } of runCases(file, candidate)) {
        run += 1;
        if (differences.length === 0) continue;
        faults.push({
          field: `case ${file.title}: ${name}`,
          fault: differences.join('; '),
          expected:
            'the case to come out; if the case is what changed, put its file in the draft under the same title',
        });
      }
    } catch (error) {
      faults.push(...caseFileFaults(file, error));
    }
  }
  return { run, failed: faults.length, faults };
}

function caseFileFaults(file: CaseFile, error: unknown): Fault[] {
  if (error instanceof RightcallError) return [...error.faults];
  if (!(error instanceof Error) || error.name !== 'ZodError') throw error;
  const expected = 'facts as docs/policies.md has them';
  return [{ field: `case file ${file.title}`, fault: 'holds facts that cannot be read', expected }];
}

function warningsOf(draft: DraftRow, candidate: readonly PolicyDocument[], at: number): string[] {
  const tested = new Set(draft.cases.flatMap((file) => caseFileSchema.parse(file).packs));
  const put = draft.changes.flatMap((change) =>
    change.action === 'put' ? [change.document as PolicyDocument] : [],
  );
  return [
    ...put
      .filter((document) => document.kind === 'pack' && !tested.has(document.id))
      .map(({ id }) => `no case of this draft says what the pack ${id} does`),
    ...put.flatMap((document) =>
      document.kind !== 'pack'
        ? []
        : document.rules
            .filter(({ confidence }) => confidence === 'M' || confidence === 'C')
            .map(({ id, confidence }) =>
              confidence === 'M'
                ? `${id} was written from memory (confidence M); have its source read`
                : `the sources of ${id} contradict each other (confidence C)`,
            ),
    ),
    ...draft.accepted.map(({ rule, reason }) => `${rule} may become looser: ${reason}`),
    ...calendarsEndingSoon(compilePolicySet(candidate), at).map(
      ({ id, coveredTo }) =>
        `the calendar ${id} ends on ${coveredTo}; without the next one nothing is dialled then`,
    ),
  ];
}
