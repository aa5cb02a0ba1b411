import type { SeparateConsent, Technology } from '../../domain/facts.ts';
import type { ConsentLevel, Purpose } from '../../domain/vocabulary.ts';
import { granting, holding, wantedOf, type Stand, type Way } from '../remedy.ts';
import { technologiesOf } from '../rules/technology-consent.ts';

/** Ways that have to do with what the person said, and who they are. */

export function consentWays(stand: Stand): Way[] {
  const { params, facts } = stand;
  const separate = params['separate'] as SeparateConsent | null;
  const guardian = params['minorGuardian'] === true && facts.callee.age === 'child';
  const technologies = params['technologies'] as Technology[];
  const names = [
    ...(params['sellerBound'] === true && facts.seller !== null ? ['seller'] : []),
    ...technologies,
    ...(separate === null ? [] : [separate]),
    ...(guardian ? ['guardian'] : []),
    ...(params['forNumber'] === true ? ['number'] : []),
    ...(params['ownershipMaxAgeDays'] === null ? [] : ['ownership']),
  ];
  const more = { technologies, separate: separate === null ? [] : [separate], guardian };
  return grantWays(stand, names, more);
}

export function technologyConsentWays(stand: Stand): Way[] {
  const technologies = technologiesOf(stand.facts);
  const names = [
    ...(stand.params['namedInConsent'] === true ? technologies : []),
    ...(stand.params['sellerBound'] === true && stand.facts.seller !== null ? ['seller'] : []),
  ];
  return grantWays(stand, names, { technologies });
}

function grantWays(
  { result, params, facts }: Stand,
  names: readonly string[],
  more: Parameters<typeof granting>[1],
): Way[] {
  const wanted = wantedOf(
    facts,
    params['level'] as ConsentLevel,
    params['purposes'] as Purpose[] | undefined,
  );
  const supposing = granting(wanted, more);
  switch (result.reason?.split('.').at(-1)) {
    case 'withdrawn':
      return [{ code: 'consent.anew', detail: wanted, supposing }];
    case 'expired': {
      const maxAgeDays = (params['maxAgeDays'] ?? null) as number | null;
      return [{ code: 'consent.renew', detail: { ...wanted, maxAgeDays }, supposing }];
    }
    case 'too_weak':
      return [{ code: 'consent.strengthen', detail: wanted, supposing }];
    default:
      return names.length === 0
        ? [{ code: 'consent.give', detail: wanted, supposing }]
        : [{ code: 'consent.cover', detail: { ...wanted, names }, supposing }];
  }
}

export function optoutWays({ result }: Stand): Way[] {
  return [{ code: 'optout.nothing', detail: { until: result.until } }];
}

export function listWays({ result, params }: Stand): Way[] {
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

export function eligibilityWays({ result, params, facts }: Stand): Way[] {
  switch (result.reason?.split('.').at(-1)) {
    case 'unknown':
      return [{ code: 'callee.record', detail: { what: 'relation' in result.inputs ? 'relation' : 'age' } }];
    case 'age': {
      if (params['minimumAge'] !== 'child_with_guardian') {
        return [{ code: 'callee.nothing', detail: { why: 'age' } }];
      }
      const wanted = wantedOf(facts, 'guardian');
      return [{ code: 'consent.guardian', detail: wanted, supposing: granting(wanted) }];
    }
    case 'refused':
      return [{ code: 'callee.nothing', detail: { why: 'refused' } }];
    case 'self':
      return [{ code: 'callee.nothing', detail: { why: 'self' } }];
    default:
      return [{ code: 'callee.nothing', detail: { why: 'third_party' } }];
  }
}
