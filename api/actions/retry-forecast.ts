import { setImmediate as turn } from 'node:timers/promises';
import type { z } from 'zod';
import type { Tx } from '../../db/client.ts';
import {
  pastAttempts,
  peopleToCall,
  type PastAttempts,
  type PeopleToCall,
} from '../../db/repositories/retry-past.ts';
import {
  retryOf,
  type CampaignDefinition,
  type RetryRules,
  type callingHoursSchema,
} from '../../domain/campaign.ts';
import { clockZone, localHour } from '../../domain/local-hour.ts';
import { isOnShift } from '../../domain/shift.ts';
import { DAY_MS, HOUR_MS, type EpochMs } from '../../domain/time.ts';
import { forecastSteps, type Forecast, type ForecastInput } from '../../pacing/retry-forecast.ts';
import { DEFAULT_WEIGHT, publicFrom, type PublicModel } from '../../pacing/retry-public.ts';

export type CallingHours = z.infer<typeof callingHoursSchema>;

export interface ForecastRequest {
  /** Null: the campaign's own. */
  readonly rules: RetryRules | null;
  readonly contacts: number | null;
  readonly callsPerHour: number | null;
  readonly hours: readonly CallingHours[] | null;
  readonly zone: string | null;
  readonly from: 'campaign' | 'tenant' | 'defaults' | null;
  readonly pastDays: number;
  readonly startAt: EpochMs;
  readonly seed: string;
}

/** What a forecast rests on. */
export interface ForecastBasis {
  /** Whose attempts people are taken to behave after; `defaults`: those of no campaign of the tenant. */
  readonly source: 'campaign' | 'tenant' | 'defaults';
  readonly attempts: number;
  readonly since: EpochMs | null;
  /** Attempts of one's own that weigh as much as the default does. */
  readonly defaultWeight: number;
  readonly contacts: number;
  readonly callsPerHour: number;
  readonly hours: readonly CallingHours[];
  readonly zone: string;
  readonly people: PublicModel;
  /** Names of what was neither asked for nor found, and so assumed. */
  readonly assumed: readonly string[];
}

export interface RetryForecast {
  readonly basis: ForecastBasis;
  readonly forecast: Forecast;
  /** By the campaign's own rules, all else equal; null: these were asked about. */
  readonly byOwnRules: Forecast | null;
}

/** Attempts from which on a campaign's, or a tenant's, past is taken: with 200 a share of a half is known to 7 points. */
const PAST_MIN = 200;
/** Seconds for which a call keeps its line, where nobody says how many calls an hour there is room for. An assumption. */
const CALL_S = 60;
/** Where a campaign keeps no hours of its own: those of 47 CFR 64.1200(c)(1), the widest of the packs that ship. */
const USUAL_HOURS: CallingHours = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '08:00',
  until: '21:00',
};

/** What the forecast is to be made from, read in one go. */
export async function readForecastGround(
  tx: Tx,
  campaignId: string,
  request: Pick<ForecastRequest, 'from' | 'pastDays'>,
  now: EpochMs,
): Promise<ForecastGround> {
  const since = now - request.pastDays * DAY_MS;
  const people = await peopleToCall(tx, campaignId);
  const { from } = request;
  if (from === 'defaults') return { people, source: 'defaults', past: null, since };
  const own = from === 'tenant' ? null : await pastAttempts(tx, campaignId, since);
  if (own !== null && (from === 'campaign' || own.attempts >= PAST_MIN)) {
    return { people, source: 'campaign', past: own, since };
  }
  const all = await pastAttempts(tx, null, since);
  if (from === 'tenant' || all.attempts >= PAST_MIN) return { people, source: 'tenant', past: all, since };
  return { people, source: 'defaults', past: null, since };
}

export interface ForecastGround {
  readonly people: PeopleToCall;
  readonly source: ForecastBasis['source'];
  readonly past: PastAttempts | null;
  readonly since: EpochMs;
}

/**
 * Play the rules on people who behave as they did, some ms at a go.
 * @returns null: nobody is to be called
 */
export async function forecastRules(
  definition: CampaignDefinition,
  own: RetryRules,
  request: ForecastRequest,
  ground: ForecastGround,
): Promise<RetryForecast | null> {
  const contacts = request.contacts ?? ground.people.open;
  if (contacts === 0) return null;
  const basis = basisOf(definition, request, ground, contacts);
  const { zone, hours, people, callsPerHour } = basis;
  // Definitions of before there were rules have none.
  const arms = (definition as Partial<CampaignDefinition>).rules?.experiments.retry ?? [];
  const play = (rules: RetryRules, tried: ForecastInput['arms']) =>
    inTurns({
      arms: tried,
      ...{ rules, people, contacts, callsPerHour },
      ...{ startAt: request.startAt, seed: request.seed },
      isOpen: (at) => isOnShift(hours, zone, at),
      hourOf: (at) => localHour(zone, at)!,
    });
  // Rules that are asked about are played for everybody; the campaign's own as it tries them.
  const byOwn = () =>
    play(
      own,
      arms.map(({ name, weight, retry }) => ({ name, weight, rules: retryOf({ retry }) })),
    );
  if (request.rules === null) return { basis, forecast: await byOwn(), byOwnRules: null };
  return { basis, forecast: await play(request.rules, []), byOwnRules: await byOwn() };
}

/** Real ms of computing between two turns of the event loop: what else the process does goes on. */
const TURN_MS = 10;

async function inTurns(input: ForecastInput): Promise<Forecast> {
  const steps = forecastSteps(input);
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < TURN_MS) continue;
    await turn();
    began = performance.now();
  }
}

function basisOf(
  definition: CampaignDefinition,
  request: ForecastRequest,
  ground: ForecastGround,
  contacts: number,
): ForecastBasis {
  const { people: toCall, source, past, since } = ground;
  const assumed: string[] = [];
  const otherwise = <T>(name: string, value: T): T => {
    assumed.push(name);
    return value;
  };
  const zone = request.zone ?? usualZone(toCall) ?? otherwise('zone', 'UTC');
  const numbersEach =
    toCall.some.length === 0
      ? null
      : toCall.some.reduce((sum, one) => sum + one.numbers, 0) / toCall.some.length;
  const people = publicFrom({
    byAttempt: past?.byAttempt ?? [],
    byHour: byHourOfDay(past, zone),
    unanswered: past?.unanswered ?? {},
    abandoned: past?.abandoned ?? 0,
    dispositions: past?.dispositions ?? {},
    numbersEach,
  });
  if (past === null) assumed.push('people');
  return {
    source,
    attempts: past?.attempts ?? 0,
    since: past === null ? null : since,
    defaultWeight: DEFAULT_WEIGHT,
    contacts,
    callsPerHour: request.callsPerHour ?? otherwise('callsPerHour', lineCalls(definition)),
    hours: request.hours ?? definition.callingHours ?? otherwise('hours', [USUAL_HOURS]),
    zone,
    people,
    assumed,
  };
}

/** Calls an hour that the campaign's lines have room for, if each keeps its line for a minute. */
function lineCalls({ maxConcurrentCalls, callsPerSecond }: CampaignDefinition): number {
  const byLines = (maxConcurrentCalls * 3_600) / CALL_S;
  return Math.max(1, Math.round(Math.min(byLines, (callsPerSecond ?? Infinity) * (HOUR_MS / 1_000))));
}

/** The zone by whose clock most of those looked at live; null: nobody's is known. */
function usualZone({ some }: PeopleToCall): string | null {
  const times = new Map<string, number>();
  for (const { locations } of some) {
    const zone = clockZone(locations);
    if (zone !== null) times.set(zone, (times.get(zone) ?? 0) + 1);
  }
  return [...times].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0] ?? null;
}

function byHourOfDay(past: PastAttempts | null, zone: string): { attempts: number; answers: number }[] {
  const byHour = Array.from({ length: 24 }, () => ({ attempts: 0, answers: 0 }));
  for (const { at, attempts, answers } of past?.byHourAt ?? []) {
    const tally = byHour[localHour(zone, at)!]!;
    tally.attempts += attempts;
    tally.answers += answers;
  }
  return byHour;
}
