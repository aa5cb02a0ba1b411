import type { Cohort, CohortCause, CohortOutcome } from '../../gate/cohort.ts';
import type { Estimate } from '../../gate/estimate.ts';
import { toIso } from '../../domain/time.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { heldByQuota } from '../../gate/rules/holds.ts';
import { blockText } from './explain-text.ts';
import { reasonWord, wordOf, type Messages } from './messages/index.ts';

/** Why contacts are not being dialled, as a clause. */
export function causeText(cohort: Cohort, cause: CohortCause, say: Messages): string {
  const { code, state, rule, outcome } = cause;
  const why = () => ruleText(cohort, code, say) ?? codeText(code, say);
  if (outcome === 'ended' && state !== null) {
    return say.rules.endedWith({
      state: wordOf(say.words.contactState, state),
      why: code === state ? null : why(),
    });
  }
  if (rule === null) return why();
  return reasonWord(code, say, rule.type) ?? rule.label;
}

/** Which filter or quota of the campaign's own rules it is; null: it is none, or not so any more. */
function ruleText({ campaign, holds }: Cohort, code: string, say: Messages): string | null {
  // Definitions of before there were rules have none.
  const { filter = null } = (campaign.definition as Partial<CampaignDefinition>).rules ?? {};
  if (code.startsWith('campaign.filter') && filter !== null) {
    return blockText({ code, until: null, detail: { filter } }, say);
  }
  const found = holds.filter(({ reason }) => reason === code);
  if (found.length === 0) return null;
  return found.map((hold) => blockText({ ...heldByQuota(hold), until: hold.until }, say)).join(say.semicolon);
}

/** Reasons on record: of rules, of the engine, of what a call came to. */
function codeText(code: string, say: Messages): string {
  const known = say.rules.causes[code] ?? reasonWord(code, say);
  if (known !== null) return known;
  const [kind, what = ''] = code.split(/\.(.*)/s);
  if (kind === 'retry') return say.rules.retryAfter({ outcome: wordOf(say.words.outcome, what) });
  if (kind === 'disposition') return wordOf(say.words.disposition, what);
  return code;
}

export function shareText(share: Estimate, say: Messages): string {
  const { count, low, high } = share;
  return low === high ? String(count) : say.rules.about({ count, low, high });
}

/** The sentence that an answer about a cohort begins with. */
export function cohortSummary(cohort: Cohort, say: Messages): string {
  const free = cohort.causes.filter((cause) => cause.outcome === 'now');
  const others = cohort.causes.filter((cause) => cause.outcome !== 'now');
  const dialable = free.reduce(
    (sum, { count, low, high }) => ({ count: sum.count + count, low: sum.low + low, high: sum.high + high }),
    { count: 0, low: 0, high: 0 },
  );
  const main = others[0];
  return say.rules.cohort({
    total: String(cohort.total),
    dialable: shareText(dialable, say),
    main: main === undefined ? null : `${causeText(cohort, main, say)} (${shareText(main, say)})`,
  });
}

export function forecastText({ forecast }: Cohort, say: Messages): string | null {
  if (forecast === null) return null;
  return say.rules.forecast({
    eligible: shareText(forecast.eligible, say),
    dialled: String(forecast.dialled),
    until: toIso(forecast.to),
  });
}

export function outcomeText(outcome: CohortOutcome, say: Messages): string {
  return say.rules.outcomes[outcome];
}
