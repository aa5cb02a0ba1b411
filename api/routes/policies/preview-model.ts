import type { z } from '@hono/zod-openapi';
import type { PreviewRow } from '../../../db/repositories/policy-previews.ts';
import { toIso } from '../../../domain/time.ts';
import type { ComparedPromise } from '../../../gate/preview/promise-reading.ts';
import type { PreviewProgress } from '../../../gate/preview/progress.ts';
import type { PreviewRequest } from '../../../gate/preview/request.ts';
import type { PreviewResult, PreviewSample, TallyResult } from '../../../gate/preview/result.ts';
import type { Example, Passage, Side } from '../../../gate/preview/tally.ts';
import { isoOrNull } from '../../schemas.ts';
import type { Language } from '../../story/messages/index.ts';
import { previewSummary } from '../../story/preview-summary.ts';
import type {
  movesSchema,
  passageSchema,
  previewHeadSchema,
  PreviewEntryJson,
  PreviewJson,
  ruleOrNull,
  sideSchema,
} from './preview-schemas.ts';

/** What is kept of a preview's findings: the sample at once, the rest when it is finished. */
type StoredResult = { readonly sample?: PreviewSample | null } & Partial<PreviewResult>;

/** What lists show. */
export function previewHeadJson(preview: PreviewRow): z.infer<typeof previewHeadSchema> {
  const request = preview.request as PreviewRequest;
  return {
    id: preview.id,
    draftId: preview.draftId,
    draftRevision: preview.draftRevision,
    candidateHash: preview.candidateHash,
    baseHash: preview.baseHash,
    status: preview.status,
    requestedBy: preview.requestedBy,
    requestedAt: toIso(preview.requestedAt),
    request: {
      campaignId: request.campaignId,
      at: toIso(request.at),
      from: toIso(request.past.from),
      until: toIso(request.past.until),
    },
    progress: preview.progress as PreviewProgress | null,
    failure: preview.failure,
    finishedAt: isoOrNull(preview.finishedAt),
  };
}

/** Campaigns that are counted apart in what it found. */
export function campaignsNamedIn({ result }: PreviewRow): string[] {
  const { contacts, past } = result as StoredResult;
  const tallies = [contacts, past?.calls, past?.denials];
  return [...new Set(tallies.flatMap((one) => one?.byCampaign.map(({ campaignId }) => campaignId) ?? []))];
}

/** @param names of campaigns, by id */
export function previewJson(
  preview: PreviewRow,
  names: ReadonlyMap<string, string>,
  language: Language,
): PreviewJson {
  const { sample = null, ...found } = preview.result as StoredResult;
  const result = preview.status === 'finished' ? (found as PreviewResult) : null;
  return {
    ...previewHeadJson(preview),
    sample: sample === null ? null : sampleJson(sample),
    result: result === null ? null : resultJson(result, names),
    summary: previewSummary({ sample, result }, language),
  };
}

function sampleJson(sample: PreviewSample): PreviewJson['sample'] {
  return {
    ...sample,
    at: toIso(sample.at),
    changes: { ...sample.changes },
    moves: movesJson(sample.moves),
    passages: sample.passages.map(passageJson),
    samples: sample.samples.map(entryJson),
  };
}

function resultJson(result: PreviewResult, names: ReadonlyMap<string, string>): PreviewJson['result'] {
  const { contacts, promises, past, lists } = result;
  return {
    contacts: tallyJson(contacts, names),
    promises: { ...promises, changes: { ...promises.changes }, samples: promises.samples.map(entryJson) },
    past: {
      from: toIso(past.from),
      until: toIso(past.until),
      calls: { ...tallyJson(past.calls, names), illegal: past.calls.illegal },
      denials: { ...tallyJson(past.denials, names), allowed: past.denials.allowed },
      skipped: { ...past.skipped },
    },
    lists: lists.map((one) => ({ ...one })),
  };
}

function tallyJson(tally: TallyResult, names: ReadonlyMap<string, string>) {
  const { total, changes, moves, passages, byCampaign, byJurisdiction, samples } = tally;
  return {
    total,
    changes: { ...changes },
    moves: movesJson(moves),
    passages: passages.map(passageJson),
    byCampaign: byCampaign.map((one) => ({
      campaignId: one.campaignId,
      name: names.get(one.campaignId) ?? null,
      changes: { ...one.changes },
    })),
    byJurisdiction: byJurisdiction.map((one) => ({ ...one, changes: { ...one.changes } })),
    samples: samples.map(entryJson),
  };
}

function movesJson(moves: TallyResult['moves']): z.infer<typeof movesSchema> {
  return Object.fromEntries(
    Object.entries(moves).map(([kind, one]) => [
      kind,
      { ...one, steps: one.steps.map((step) => ({ ...step })) },
    ]),
  );
}

function passageJson(passage: Passage): z.infer<typeof passageSchema> {
  const { change, before, after, rule, count: n } = passage;
  return { change, before: { ...before }, after: { ...after }, rule: ruleJson(rule), count: n };
}

export function entryJson(example: Example | ComparedPromise): PreviewEntryJson {
  return {
    id: example.id,
    contactId: example.contactId,
    personId: example.personId,
    campaignId: example.campaignId,
    at: toIso(example.at),
    ...('untilAt' in example ? { untilAt: toIso(example.untilAt) } : {}),
    change: example.change,
    byMs: example.byMs,
    before: sideJson(example.before),
    after: sideJson(example.after),
  };
}

function sideJson({ verdict: kind, until, reasons, rule }: Side): z.infer<typeof sideSchema> {
  return { verdict: kind, until: isoOrNull(until), reasons: [...reasons], rule: ruleJson(rule) };
}

function ruleJson(rule: Side['rule']): z.infer<typeof ruleOrNull> {
  return rule === null ? null : { ...rule, citation: rule.citation === null ? null : { ...rule.citation } };
}
