import type { ConsentLevel, Purpose } from '../domain/vocabulary.ts';
import { granting, holding, wantedOf, type Stand, type Way } from './remedy.ts';

/**
 * For each rule type, what would let a rule of it pass beside the time that goes by and the rule's exemptions. A test
 * holds this to the registry: every type says what it has to say, if only that there is nothing.
 */
export const WAYS: Readonly<Record<string, (stand: Stand) => Way[]>> = {
  guard: guardWays,
  calendar_block: calendarWays,
  calling_window: windowWays,
  consent: consentWays,
  // Only time ends what counts.
  cooldown: () => [],
  frequency_cap: () => [],
  internal_optout: ({ result }) => [{ code: 'optout.nothing', detail: { until: result.until } }],
  suppression_list: listWays,
};

function guardWays({ result, facts }: Stand): Way[] {
  switch (result.reason) {
    case 'jurisdiction.unknown':
      return [{ code: 'place.declare', detail: { what: 'jurisdiction' } }];
    case 'jurisdiction.uncovered':
      return [
        {
          code: 'pack.publish',
          detail: { countries: strings(result.inputs['uncovered']), purpose: facts.purpose },
        },
      ];
    case 'zone.unknown': {
      const zones = strings(result.inputs['unknown']);
      return zones.length > 0
        ? [{ code: 'zone.correct', detail: { zones } }]
        : [{ code: 'place.declare', detail: { what: 'zone' } }];
    }
    case 'no_permitted_instant':
      return [{ code: 'rule.see', detail: { rule: String(result.inputs['rule']) } }];
    default:
      return [];
  }
}

function windowWays({ result, compiled, params, facts }: Stand): Way[] {
  if (result.reason === 'zone.unknown') return [{ code: 'place.declare', detail: { what: 'zone' } }];
  if (params['widenedWindows'] === undefined || compiled === null) return [];
  const wanted = wantedOf(facts, 'express');
  const rule = compiled.rule.id;
  return [{ code: 'consent.widens', detail: { ...wanted, rule }, supposing: granting(wanted, [rule]) }];
}

function calendarWays({ result, params }: Stand): Way[] {
  if (result.reason === 'zone.unknown') return [{ code: 'place.declare', detail: { what: 'zone' } }];
  if (result.reason !== 'calendar.uncovered') return [];
  const calendar = params['calendar'] as string;
  const coveredTo = result.inputs['coveredTo'];
  const detail = { calendar, coveredTo: typeof coveredTo === 'string' ? coveredTo : null };
  return [{ code: 'calendar.publish', detail }];
}

function consentWays({ result, params, facts }: Stand): Way[] {
  const wanted = wantedOf(
    facts,
    params['level'] as ConsentLevel,
    params['purposes'] as Purpose[] | undefined,
  );
  const supposing = granting(wanted);
  switch (result.reason?.split('.').at(-1)) {
    case 'withdrawn':
      return [{ code: 'consent.anew', detail: wanted, supposing }];
    case 'expired': {
      const maxAgeDays = params['maxAgeDays'] as number | null;
      return [{ code: 'consent.renew', detail: { ...wanted, maxAgeDays }, supposing }];
    }
    case 'too_weak':
      return [{ code: 'consent.strengthen', detail: wanted, supposing }];
    default:
      return [{ code: 'consent.give', detail: wanted, supposing }];
  }
}

function listWays({ result, params }: Stand): Way[] {
  const list = String(params['list']);
  const maxAgeDays = params['maxListAgeDays'] as number;
  const supposing = holding(list);
  switch (result.reason) {
    case 'list.missing':
      return [{ code: 'list.hold', detail: { list, maxAgeDays }, supposing }];
    case 'list.stale':
      return [{ code: 'list.refresh', detail: { list, maxAgeDays }, supposing }];
    default:
      return [{ code: 'list.nothing', detail: { list, until: result.until } }];
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
