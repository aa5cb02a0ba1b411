import type { NounModule } from '../noun.ts';
import {
  checkText,
  differenceText,
  draftLine,
  draftSheet,
  publicationLine,
  type Check,
  type Draft,
  type Publication,
} from '../render/policy.ts';
import { draftVerb, editVerb, rollbackVerb } from './policy-draft.ts';
import { previewVerbs } from './policy-preview.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';
const names = { draftId: 'draft' };

export const verbs: NounModule['verbs'] = [
  { verb: 'active', operation: 'getActivePolicies', examples: ['policy active', 'policy active --json'] },
  draftVerb,
  {
    verb: 'drafts',
    operation: 'listPolicyDrafts',
    columns: [
      ['ID', 'id'],
      ['TITLE', 'title'],
      ['STATUS', 'status'],
      ['REVISION', 'revision'],
      ['NEXT', 'next'],
      ['UPDATED', 'updatedAt'],
    ],
    examples: ['policy drafts --status previewed'],
  },
  { verb: 'show', operation: 'getPolicyDraft', names, text: draftSheet, examples: [`policy show ${ID}`] },
  editVerb,
  {
    verb: 'check',
    operation: 'checkPolicyDraft',
    names,
    revisionAbove: true,
    text: ({ draft, check }: { draft: Draft; check: Check }) => `${checkText(check)}\n${draftLine(draft)}`,
    examples: [`policy check ${ID}`],
  },
  ...previewVerbs,
  {
    verb: 'approve',
    operation: 'approvePolicyDraft',
    names,
    revisionAbove: true,
    text: draftLine,
    examples: [`policy approve ${ID} --if-revision 2 --note "read, and seen in the preview"`],
  },
  {
    verb: 'reject',
    operation: 'rejectPolicyDraft',
    names,
    revisionAbove: true,
    text: draftLine,
    examples: [`policy reject ${ID} --note "lunch is left out"`],
  },
  {
    verb: 'publish',
    operation: 'publishPolicyDraft',
    names,
    revisionAbove: true,
    text: ({ draft, publication, revoked }: { draft: Draft; publication: Publication; revoked: number }) =>
      `${publicationLine(publication)}\n${draftLine(draft)}` +
      (revoked === 0 ? '' : `\n${revoked} permits of the rules before were taken back`),
    examples: [`policy publish ${ID}`, `policy publish ${ID} --effective-at 2027-01-01T00:00:00+08:00`],
  },
  {
    verb: 'withdraw',
    operation: 'withdrawPolicyDraft',
    names,
    revisionAbove: true,
    text: draftLine,
    examples: [`policy withdraw ${ID} --reason "overtaken"`],
  },
  {
    verb: 'rebase',
    operation: 'rebasePolicyDraft',
    names,
    revisionAbove: true,
    text: draftLine,
    examples: [`policy rebase ${ID}`],
  },
  {
    verb: 'versions',
    operation: 'listPolicyVersions',
    columns: [
      ['PUBLICATION', 'id'],
      ['HASH', 'hash'],
      ['STATUS', 'status'],
      ['IN FORCE FROM', 'effectiveAt'],
      ['UNTIL', 'until'],
      ['BY', 'publishedBy'],
      ['NOTE', 'note'],
    ],
    examples: ['policy versions', 'policy versions --all --json'],
  },
  { verb: 'version', operation: 'getPolicyVersion', examples: ['policy version 3f9a1c22 --json'] },
  {
    verb: 'diff',
    operation: 'diffPolicies',
    arguments: ['from', 'to'],
    about: 'what is different between two sets of policies, in words',
    text: ({ lines }: { lines: readonly string[] }) => differenceText(lines),
    examples: ['policy diff shipped active', `policy diff active draft:${ID}`],
  },
  rollbackVerb,
  {
    verb: 'cancel',
    operation: 'cancelPolicyPublication',
    names: { publicationId: 'publication' },
    about: 'call off a publication that has not taken effect',
    text: publicationLine,
    examples: ['policy cancel 7 --note "postponed"'],
  },
];
