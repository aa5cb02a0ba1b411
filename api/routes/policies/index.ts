import type { Operation } from '../../operation.ts';
import { getActivePolicies } from './active.ts';
import { diffPolicies } from './diff.ts';
import { approvePolicyDraft } from './draft-approve.ts';
import { changePolicyDraft } from './draft-change.ts';
import { checkPolicyDraft } from './draft-check.ts';
import { createPolicyDraft } from './draft-create.ts';
import { listPolicyDrafts } from './draft-list.ts';
import { publishPolicyDraft } from './draft-publish.ts';
import { getPolicyDraft } from './draft-read.ts';
import { rebasePolicyDraft } from './draft-rebase.ts';
import { rejectPolicyDraft } from './draft-reject.ts';
import { withdrawPolicyDraft } from './draft-withdraw.ts';
import { cancelPolicyPreview } from './preview-cancel.ts';
import { listPolicyPreviewEntries } from './preview-entries.ts';
import { listPolicyPreviews } from './preview-list.ts';
import { getPolicyPreview } from './preview-read.ts';
import { previewPolicyDraft } from './preview-request.ts';
import { cancelPolicyPublication } from './publication-cancel.ts';
import { getPolicyVersion } from './version-read.ts';
import { listPolicyVersions } from './versions.ts';

export const policiesOperations: readonly Operation[] = [
  getActivePolicies,
  createPolicyDraft,
  listPolicyDrafts,
  getPolicyDraft,
  changePolicyDraft,
  checkPolicyDraft,
  previewPolicyDraft,
  listPolicyPreviews,
  getPolicyPreview,
  listPolicyPreviewEntries,
  cancelPolicyPreview,
  approvePolicyDraft,
  rejectPolicyDraft,
  publishPolicyDraft,
  withdrawPolicyDraft,
  rebasePolicyDraft,
  listPolicyVersions,
  getPolicyVersion,
  cancelPolicyPublication,
  diffPolicies,
];
