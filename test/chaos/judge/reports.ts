import { z } from 'zod';
import type { ReportFile } from '../evidence.ts';
import { callsOf, type LoggedCall } from './logged-calls.ts';
import { dialsOf, type AttemptRecord, type Case, type ContactRecord } from './records.ts';
import type { Findings, Found } from './verdict.ts';

const counts = z.record(z.string(), z.number());
/** The figures of a campaign's report that the log, or the rows at the end, can say. */
const reportSchema = z.object({
  progress: z.object({
    imported: z.number(),
    byState: counts,
    attempts: z.number(),
    answered: z.number(),
  }),
  attemptsByOutcome: counts,
  decisions: z.object({ allow: z.number(), defer: z.number(), deny: z.number() }),
  reached: z.number(),
  talk: z.object({ totalS: z.number() }),
  byHour: z.array(z.object({ attempts: z.number(), answered: z.number() })),
});
type Report = z.infer<typeof reportSchema>;

/** Reports round seconds of conversation to a tenth, and rows keep each call's as a single-precision number. */
const TALK_ROUNDING_S = 0.06;

/** Each campaign's report against the carrier's log: calls, outcomes, conversations; and against the rows at the end. */
export function judgeReports({ evidence, records }: Case): Findings {
  const calls = callsOf(evidence);
  const accepted = new Set(
    dialsOf(evidence).flatMap((dial) => (dial.accepted && dial.attemptId !== null ? [dial.attemptId] : [])),
  );
  const violations: Found[] = [];
  const notLooked = new Set<string>();
  if (calls === null) notLooked.add('outcomes and conversations: the journal of events is not there');
  for (const campaign of evidence.run.campaigns) {
    if (evidence.reports.every(({ campaignId }) => campaignId !== campaign.id)) {
      violations.push(against(campaign.id, 'has no report', 'one for each campaign'));
    }
  }
  let looked = 0;
  for (const file of evidence.reports) {
    const report = reportSchema.safeParse(file.report);
    if (!report.success) {
      const fields = report.error.issues.map(({ path }) => path.join('.'));
      violations.push(against(file.campaignId, `its report lacks ${fields.join(', ')}`, 'these figures'));
      continue;
    }
    const expected = figuresOf(file, { evidence, records }, accepted, calls);
    const said = saidBy(report.data);
    const since = changedSince(file, { evidence, records });
    for (const [name, value] of Object.entries(expected)) {
      looked += 1;
      if (Math.abs((said[name] ?? 0) - value) <= toleranceOf(name, since, accepted.size)) continue;
      violations.push(against(file.campaignId, `its report says ${name} ${said[name] ?? 0}`, `${value}`));
    }
    for (const name of Object.keys(said)) {
      if (!/^(attemptsByOutcome|byState)\./.test(name) || name in expected) continue;
      if (calls === null && name.startsWith('attemptsByOutcome')) continue;
      looked += 1;
      if (said[name]! <= toleranceOf(name, since, accepted.size)) continue;
      violations.push(against(file.campaignId, `its report says ${name} ${said[name]}`, '0'));
    }
  }
  return { looked, violations, residuals: [], notLooked: [...notLooked] };
}

interface Since {
  readonly contacts: number;
  readonly decisions: number;
}

/** What has changed between the report and the rows at the end: a promise whose window ended meanwhile, and the like. */
function changedSince({ campaignId, askedReal }: ReportFile, { evidence, records }: Case): Since {
  const { clock } = evidence.run;
  const askedAt = clock.from + (askedReal - clock.realStart) * clock.speed;
  return {
    contacts: records.contacts.filter((one) => one.campaignId === campaignId && one.updatedAt >= askedAt)
      .length,
    decisions: records.decisions.filter(
      (one) => one.campaignId === campaignId && one.recordedReal >= askedReal,
    ).length,
  };
}

function toleranceOf(name: string, since: Since, calls: number): number {
  if (name === 'talk.totalS') return TALK_ROUNDING_S * (1 + calls / 100);
  if (name.startsWith('byState.')) return since.contacts;
  return name.startsWith('decisions.') ? since.decisions : 0;
}

function against(campaignId: string, what: string, expected: string): Found {
  return { subject: { campaignId }, aroundReal: null, what, expected };
}

/** The report's figures by name, as one flat table. */
function saidBy({
  progress,
  attemptsByOutcome,
  decisions,
  reached,
  talk,
  byHour,
}: Report): Record<string, number> {
  return {
    imported: progress.imported,
    ...named('byState', progress.byState),
    attempts: progress.attempts,
    'byHour.attempts': byHour.reduce((sum, hour) => sum + hour.attempts, 0),
    answered: progress.answered,
    'byHour.answered': byHour.reduce((sum, hour) => sum + hour.answered, 0),
    ...named('attemptsByOutcome', attemptsByOutcome),
    ...named('decisions', decisions),
    reached,
    'talk.totalS': talk.totalS,
  };
}

/** What the log and the rows say that the figures should be. */
function figuresOf(
  { campaignId }: ReportFile,
  { records }: Case,
  accepted: ReadonlySet<string>,
  calls: ReadonlyMap<string, LoggedCall> | null,
): Record<string, number> {
  const contacts = records.contacts.filter((contact) => contact.campaignId === campaignId);
  const attempts = records.attempts.filter((attempt) => attempt.campaignId === campaignId);
  const decisions = records.decisions.filter((decision) => decision.campaignId === campaignId);
  // Nobody could say whether these rang (the quarantine ended): they count, whatever the carrier's log says.
  const unknown = attempts.filter(isUnknown);
  const rang = attempts.filter(({ id }) => accepted.has(id));
  const total = rang.length + unknown.filter(({ id }) => !accepted.has(id)).length;
  return {
    imported: contacts.length,
    ...named(
      'byState',
      countsOf(contacts, ({ state }: ContactRecord) => state),
    ),
    attempts: total,
    'byHour.attempts': total,
    ...named('decisions', { allow: 0, defer: 0, deny: 0, ...countsOf(decisions, ({ verdict }) => verdict) }),
    ...(calls === null ? {} : conversations(rang, unknown, calls)),
  };
}

function conversations(
  rang: readonly AttemptRecord[],
  unknown: readonly AttemptRecord[],
  calls: ReadonlyMap<string, LoggedCall>,
): Record<string, number> {
  const known = rang.filter((attempt) => !isUnknown(attempt));
  const answered = known.filter(({ id }) => calls.get(id)?.byPerson === true);
  const outcomes: Record<string, number> = countsOf(known, ({ id }) => calls.get(id)?.outcome ?? 'not ended');
  if (unknown.length > 0) outcomes['unknown'] = (outcomes['unknown'] ?? 0) + unknown.length;
  return {
    answered: answered.length,
    'byHour.answered': answered.length,
    ...named('attemptsByOutcome', outcomes),
    reached: new Set(answered.map(({ contactId }) => contactId)).size,
    'talk.totalS': answered.reduce((sum, { id }) => sum + calls.get(id)!.talkS, 0),
  };
}

function isUnknown({ state, outcome }: AttemptRecord): boolean {
  return state === 'ended' && outcome === 'unknown';
}

function countsOf<T>(rows: readonly T[], keyOf: (row: T) => string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const row of rows) found[keyOf(row)] = (found[keyOf(row)] ?? 0) + 1;
  return found;
}

function named(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}
