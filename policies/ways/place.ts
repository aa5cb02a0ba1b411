import { attesting, granting, strings, wantedOf, type Stand, type Way } from '../remedy.ts';

/** Ways that have to do with where and when the person is, and with what holds whatever the packs say. */

export function guardWays({ result, facts }: Stand): Way[] {
  switch (result.reason) {
    case 'jurisdiction.unknown':
      return [{ code: 'place.declare', detail: { what: 'jurisdiction' } }];
    case 'jurisdiction.uncovered': {
      const detail = { countries: strings(result.inputs['uncovered']), purpose: facts.purpose };
      return [{ code: 'pack.publish', detail }];
    }
    case 'zone.unknown': {
      const zones = strings(result.inputs['unknown']);
      return zones.length > 0 ? [{ code: 'zone.correct', detail: { zones } }] : [declaredZone];
    }
    case 'consent.withdrawn': {
      const detail = wantedOf(facts, 'express');
      return [{ code: 'consent.anew', detail, supposing: granting(detail) }];
    }
    case 'no_permitted_instant':
      return [{ code: 'rule.see', detail: { rule: String(result.inputs['rule']) } }];
    default:
      return [];
  }
}

const declaredZone: Way = { code: 'place.declare', detail: { what: 'zone' } };

export function windowWays({ result, compiled, params, facts }: Stand): Way[] {
  if (result.reason === 'zone.unknown') return [declaredZone];
  if (params['widenedWindows'] === undefined || compiled === null) return [];
  const wanted = wantedOf(facts, 'express');
  const rule = compiled.rule.id;
  const supposing = granting(wanted, { widens: [rule] });
  return [{ code: 'consent.widens', detail: { ...wanted, rule }, supposing }];
}

export function calendarWays({ result, params }: Stand): Way[] {
  if (result.reason === 'zone.unknown') return [declaredZone];
  if (result.reason !== 'calendar.uncovered') return [];
  const coveredTo = result.inputs['coveredTo'];
  const detail = {
    calendar: String(params['calendar']),
    coveredTo: typeof coveredTo === 'string' ? coveredTo : null,
  };
  return [{ code: 'calendar.publish', detail }];
}

export function emergencyWays({ result, params }: Stand): Way[] {
  const name = String(params['feed']);
  if (result.reason === 'emergency.feed_missing' || result.reason === 'emergency.feed_stale') {
    const maxAgeDays = null;
    const supposing = attesting('emergency_feed', name);
    return [{ code: 'attest', detail: { kind: 'emergency_feed', name, maxAgeDays, detail: {} }, supposing }];
  }
  return [{ code: 'emergency.nothing', detail: { until: result.until } }];
}
