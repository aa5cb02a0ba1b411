import type { Tx } from '../db/client.ts';
import type { Window } from '../domain/callback.ts';
import type { Clock } from '../domain/clock.ts';
import type { Evaluation } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import { evaluate, remediesOf, type RemedyCode, type RuleRemedies } from '../policies/index.ts';
import { horizonMsOn } from './decide.ts';
import { readDossier } from './dossier.ts';
import type { PolicyReader } from './policy-source.ts';

/** What the rules say of a window in which somebody is to be promised a call, by the facts of now. */
export type PromiseLaw =
  | { readonly kind: 'allowed' }
  /** Facts about the person forbid a call then, and no time that goes by ends that; null: there is no number to call. */
  | { readonly kind: 'barred'; readonly by: { rules: readonly RuleRemedies[]; facts: DialFacts } | null }
  /** No instant of it has room; there is from then on, as far as rules of time say. */
  | { readonly kind: 'outside'; readonly allowedFrom: EpochMs; readonly reasons: readonly string[] }
  /** Its beginning has none. */
  | {
      readonly kind: 'warned';
      readonly verdict: 'defer' | 'deny';
      /** Null: not foreseeable. */
      readonly allowedFrom: EpochMs | null;
      readonly reasons: readonly string[];
    };

/**
 * What ends a denial for everybody: somebody keeps lists, packs, lines or scripts in order, which is done before the day
 * comes as it is for all other calls. All other denials are of the person.
 */
const UPKEEP: ReadonlySet<RemedyCode> = new Set<RemedyCode>([
  'list.hold',
  'list.refresh',
  'pack.publish',
  'calendar.publish',
  'attest',
  'callerid.show',
  'line.declare',
  'line.nothing',
  'data.localise',
  'script.declare',
  'ring.longer',
  'abandonment.figures',
  'abandonment.lower',
  'emergency.nothing',
]);

/** Steps of the search below; each is one rule of time that yields to another. */
const STEPS_MAX = 50;

/** Whether a call could be made within the window, by the rules and facts of now; stores nothing. */
export async function lawOfWindow(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicyReader },
  contactId: string,
  window: Window,
): Promise<PromiseLaw> {
  const at = Math.max(window.fromAt, deps.clock.now());
  const dossier = await readDossier(tx, contactId, at);
  if (dossier === null) return { kind: 'barred', by: null };
  const { facts } = dossier;
  const policySet = await deps.policies.forCampaign(tx, dossier.policySetHash, dossier.campaign);
  const horizonMs = horizonMsOn(deps.clock);
  const ask = (then: EpochMs) => evaluate({ policySet, facts, at: then, horizonMs });
  const evaluation = ask(at);
  const { verdict, reasons } = evaluation;
  switch (verdict.kind) {
    case 'allow':
      return { kind: 'allowed' };
    case 'defer':
      if (verdict.until >= window.untilAt) return { kind: 'outside', allowedFrom: verdict.until, reasons };
      return { kind: 'warned', verdict: 'defer', allowedFrom: verdict.until, reasons };
    case 'deny': {
      const rules = ofPerson(evaluation, remediesOf(policySet, facts, evaluation).rules);
      if (rules.length > 0) return { kind: 'barred', by: { rules, facts } };
      // Rules of time stand beside those that deny: the window would be no better once those are met.
      const allowedFrom = firstRoom(ask, evaluation);
      if (allowedFrom >= window.untilAt) return { kind: 'outside', allowedFrom, reasons };
      return { kind: 'warned', verdict: 'deny', allowedFrom: null, reasons };
    }
  }
}

/** Rules that deny the call, and that nobody's upkeep would satisfy. */
function ofPerson({ results }: Evaluation, remedies: readonly RuleRemedies[]): RuleRemedies[] {
  const denies = ({ pack, rule }: RuleRemedies) =>
    results.some((one) => one.outcome === 'deny' && one.pack === pack && one.rule === rule);
  return remedies.filter((one) => denies(one) && !one.ways.some(({ code }) => UPKEEP.has(code)));
}

/** The first instant at which no rule of time stands against a call that others deny. */
function firstRoom(ask: (at: EpochMs) => Evaluation, first: Evaluation): EpochMs {
  let { at, results } = first;
  for (let step = 0; step < STEPS_MAX; step++) {
    const untils = results.flatMap(({ outcome, until }) =>
      outcome === 'defer' && until !== null ? [until] : [],
    );
    if (untils.length === 0) return at;
    at = Math.max(...untils);
    ({ results } = ask(at));
  }
  return at;
}
