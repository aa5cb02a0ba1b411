import { armsOf, definitionFor } from '../domain/arms.ts';
import type { Clock } from '../domain/clock.ts';
import type { Duty, RuleOutcome, Verdict } from '../domain/decision.ts';
import { FACTS_SCHEMA, type DialFacts } from '../domain/facts.ts';
import { RightcallError } from '../domain/failures.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Tx } from '../db/client.ts';
import { countNearMiss } from '../db/telemetry.ts';
import { decisionMadeAt } from '../db/repositories/decisions.ts';
import {
  canonicalHash,
  evaluate,
  remediesOf,
  type Citation,
  type CompiledPolicySet,
  type Confidence,
  type Remedies,
  type Strength,
} from '../policies/index.ts';
import type { CampaignBlock } from './campaign-blocks.ts';
import { contactBlocks } from './contact-blocks.ts';
import { horizonMsOn } from './decide.ts';
import { readDossier } from './dossier.ts';
import { readFactsAt, type AskedPerson } from './facts-at.ts';
import { nextEligible, setsToCome, verdictBy } from './next-eligible.ts';
import { knownZonesOf } from './places.ts';
import type { PolicyReader } from './policy-source.ts';
import type { AttributeAccess } from './rules/holds.ts';
import {
  readStanding,
  type AskedInstant,
  type ContactStanding,
  type Standing,
  type Unknown,
} from './standing.ts';

/** What one rule says, with what it rests on. */
export interface ExplainedRule {
  readonly pack: string;
  readonly rule: string;
  readonly type: string;
  readonly label: string;
  readonly outcome: RuleOutcome;
  readonly reason: string | null;
  readonly until: EpochMs | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** As the pack has them; none for a guard. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly unverified: boolean;
  /** What the call must carry out, where it passes. */
  readonly duties: readonly Duty[];
  /** Null for a guard of the engine itself. */
  readonly citation: Citation | null;
  readonly confidence: Confidence | null;
  readonly strength: Strength | null;
}

/** A fact whose want stands against the call (I6). */
export interface MissingFact {
  readonly reason: string;
  readonly rule: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Why a contact is, was or would be called or not. Nothing of it is stored. */
export interface Explanation {
  readonly at: EpochMs;
  readonly campaign: Standing['campaign'];
  readonly contactId: string | null;
  readonly personId: string | null;
  /** No contact: how a contact of this person in this campaign would be decided. */
  readonly hypothetical: boolean;
  /** What the rules say, apart from the blocks. */
  readonly verdict: Verdict;
  /** The rules allow it and nothing else stands in the way. */
  readonly callable: boolean;
  readonly reasons: readonly string[];
  readonly rules: readonly ExplainedRule[];
  readonly blocks: readonly CampaignBlock[];
  readonly missing: readonly MissingFact[];
  /** What would have to change for the rules to let it pass. */
  readonly remedies: Remedies;
  /** Zones (IANA) whose clocks the person may live by. */
  readonly zones: readonly string[];
  /** The first instant from `at` at which it may be dialled, all else equal; null: not without somebody acting. */
  readonly nextEligibleAt: EpochMs | null;
  readonly policies: {
    readonly setHash: string;
    /** Null: none was in force, and the set that the first start puts in force was asked. */
    readonly since: EpochMs | null;
  };
  /** Of the facts it rests on, as decisions have it. */
  readonly factsHash: string;
  /**
   * The decision that was made about the contact at this very instant, whose facts were taken; whether it said the same.
   * Null: none was made then.
   */
  readonly decision: { readonly id: string; readonly agrees: boolean } | null;
  readonly unknown: readonly Unknown[];
}

export interface ExplainDeps {
  readonly clock: Clock;
  readonly policies: PolicyReader;
  /** Left out: what a filter looked at is not told. */
  readonly attributes?: AttributeAccess;
}

/**
 * Explain one person's place in one campaign at an instant: now and later by the facts as they stand, earlier by those
 * on record then. Reads only.
 * @returns null where there was no such campaign at `at`.
 */
export async function explain(
  tx: Tx,
  deps: ExplainDeps,
  campaignId: string,
  person: AskedPerson,
  contact: ContactStanding | null,
  asked: AskedInstant,
): Promise<Explanation | null> {
  const { at, now } = asked;
  const found = await readStanding(tx, campaignId, asked);
  if (found === null) return null;
  const standing = contact === null ? found : standingOf(found, contact);
  const { campaign } = standing;
  const made = contact === null || at > now ? null : await decisionMadeAt(tx, contact.id, at);
  const facts = factsOfDecision(made) ?? (await factsFor(tx, standing, person, contact, at, now));
  const policySet = await deps.policies.forCampaign(tx, standing.policySetHash, campaign);
  const horizonMs = horizonMsOn(deps.clock);
  const evaluation = evaluate({ policySet, facts, at, horizonMs });
  const unknown = [...standing.unknown, ...unknownFacts(standing, facts, contact, at, now)];
  const blocks = await contactBlocks(tx, deps, standing, facts, contact, asked);
  const rules = explainRules(policySet, evaluation.results);
  const sets = await setsToCome(tx, deps.policies, standing, policySet, at);
  const nextEligibleAt = nextEligible(standing, contact, blocks, at, (t) =>
    verdictBy(sets, facts, t, horizonMs),
  );
  return {
    at,
    campaign,
    contactId: person.contactId,
    personId: person.personId,
    hypothetical: contact === null,
    verdict: evaluation.verdict,
    callable: evaluation.verdict.kind === 'allow' && blocks.length === 0,
    reasons: evaluation.reasons,
    rules,
    blocks,
    missing: rules
      .filter(isMissingFact)
      .map(({ reason, rule, inputs }) => ({ reason: reason!, rule, inputs })),
    remedies: remediesOf(policySet, facts, evaluation),
    zones: knownZonesOf(facts),
    nextEligibleAt,
    policies: { setHash: policySet.hash, since: standing.policiesSince },
    factsHash: canonicalHash(facts),
    decision:
      made === null
        ? null
        : {
            id: made.id,
            agrees: counted(
              made.verdict === evaluation.verdict.kind && isSame(made.reasons, evaluation.reasons),
            ),
          },
    unknown,
  };
}

/** The campaign as it holds for the contact, which may be in an arm of an experiment. */
function standingOf(standing: Standing, { id, arms }: ContactStanding): Standing {
  const { campaign } = standing;
  const { definition } = campaign;
  const own = definitionFor(definition, armsOf(definition, campaign.id, id, arms));
  return { ...standing, campaign: { ...campaign, definition: own } };
}

/** Whether a decision comes out as it did: where not, those who watch are to know (I7). */
function counted(agrees: boolean): boolean {
  if (!agrees) countNearMiss('decision_disagrees');
  return agrees;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** What a decision looked at is evidence, and told before anything that is read anew (I7). */
function factsOfDecision(made: { readonly facts: unknown } | null): DialFacts | null {
  const facts = made?.facts as DialFacts | undefined;
  // Facts of an earlier version have not all that rules ask for now.
  return facts?.schema === FACTS_SCHEMA ? facts : null;
}

/** The gate's own reading for a contact as it stands, so that the two cannot differ; else what was on record. */
async function factsFor(
  tx: Tx,
  standing: Standing,
  person: AskedPerson,
  contact: ContactStanding | null,
  at: EpochMs,
  now: EpochMs,
): Promise<DialFacts> {
  if (contact !== null && at >= now) {
    const dossier = await readDossier(tx, contact.id, at);
    if (dossier !== null) return dossier.facts;
  }
  return readFactsAt(tx, standing.campaign, person, Math.min(at, now), at);
}

function explainRules(
  policySet: CompiledPolicySet,
  results: ReturnType<typeof evaluate>['results'],
): ExplainedRule[] {
  const byId = new Map(
    policySet.rules.map((compiled) => [`${compiled.pack}/${compiled.rule.id}`, compiled.rule]),
  );
  return results.map((result) => {
    const rule = byId.get(`${result.pack}/${result.rule}`);
    return {
      ...result,
      duties: result.duties ?? [],
      params: (rule?.params ?? {}) as Record<string, unknown>,
      label: rule?.label ?? result.rule,
      citation: rule?.citation ?? null,
      confidence: rule?.confidence ?? null,
      strength: rule?.strength ?? null,
    };
  });
}

/** Reason codes of the rule types that say a fact is wanting or too old (I6). */
const MISSING = /(^|\.)(missing|unknown|uncovered|stale)$/;

function isMissingFact(rule: ExplainedRule): boolean {
  return rule.outcome === 'deny' && rule.reason !== null && MISSING.test(rule.reason);
}

/** What is not known of another instant: what is to come, and what was changed before a history was kept. */
function unknownFacts(
  standing: Standing,
  facts: DialFacts,
  contact: ContactStanding | null,
  at: EpochMs,
  now: EpochMs,
): Unknown[] {
  if (at === now) return [];
  if (at > now) {
    const published = standing.policiesSince !== null && standing.policiesSince > now;
    return [
      { fact: 'future.facts', taken: 'as it is now' },
      ...(published ? [{ fact: 'future.policies', taken: 'as it is published' } as const] : []),
    ];
  }
  if (standing.isWhole) return [];
  const unknown: Unknown[] = [];
  if (contact !== null && contact.createdAt <= at && contact.updatedAt > at) {
    unknown.push(
      { fact: 'contact.state', taken: 'as not so' },
      { fact: 'contact.ready_at', taken: 'as not so' },
    );
  }
  if (facts.lists.some((list) => list.asOf > at)) unknown.push({ fact: 'list.as_of', taken: 'as it is now' });
  // An entry's end may have been moved since; whether it was in force at that instant follows only in part.
  if (facts.suppressions.length > 0) unknown.push({ fact: 'suppression.validity', taken: 'as it is now' });
  return unknown;
}

/** The contact's person as the gate would call them. @throws RightcallError `refused` for one without a number. */
export function askedOf(contact: ContactStanding): AskedPerson {
  if (contact.numberHash === null) {
    throw new RightcallError('refused', 'the person has no number to call');
  }
  return {
    personId: contact.personId,
    contactId: contact.id,
    numberHash: contact.numberHash,
    country: contact.country,
    numberType: (contact.numberType ?? 'unknown') as AskedPerson['numberType'],
    locations: (contact.locations ?? []) as AskedPerson['locations'],
  };
}
