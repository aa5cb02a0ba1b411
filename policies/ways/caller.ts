import type { AttestationFact, DialFacts } from '../../domain/facts.ts';
import { attesting, strings, type Stand, type Way } from '../remedy.ts';

/** Ways that have to do with the caller: its number, its line, its papers, and what its calls say. */

const faultOf = ({ result }: Stand) => result.reason?.split('.').at(-1);

function attestWay(
  kind: AttestationFact['kind'],
  name: string,
  detail: AttestationFact['detail'] = {},
  maxAgeDays: number | null = null,
): Way {
  return {
    code: 'attest',
    detail: { kind, name, maxAgeDays, detail },
    supposing: attesting(kind, name, detail),
  };
}

export function callerIdWays(stand: Stand): Way[] {
  const { params, facts } = stand;
  const show = (want: 'any' | 'range' | 'type' | 'country', allowed: readonly string[]): Way[] => [
    { code: 'callerid.show', detail: { want, allowed } },
  ];
  switch (faultOf(stand)) {
    case 'missing':
      return show('any', []);
    case 'prefix': {
      const ranges = params['allowed'] as { country: string; prefixes: string[] }[];
      return show(
        'range',
        ranges.flatMap(({ country, prefixes }) => prefixes.map((prefix) => `${country} ${prefix}`)),
      );
    }
    case 'type':
      return show('type', strings(params['allowedTypes']));
    case 'country':
      return show('country', facts.number.country === null ? [] : [facts.number.country]);
    default:
      return facts.callerId === null
        ? []
        : [attestWay('caller_id', facts.callerId.pseudonym, {}, params['proofMaxAgeDays'] as number | null)];
  }
}

export function lineWays(stand: Stand): Way[] {
  if (stand.result.reason === 'line.unknown') return [{ code: 'line.declare', detail: {} }];
  const vendor = String(stand.params['vendor']);
  switch (faultOf(stand)) {
    case 'use':
    case 'region':
      return [{ code: 'line.nothing', detail: { vendor, why: faultOf(stand) === 'use' ? 'use' : 'region' } }];
    case 'licence': {
      const { name, uses } = stand.params['licence'] as { name: string; uses: string[] };
      return [attestWay('licence', name, { uses })];
    }
    default:
      return [];
  }
}

export function registrationWays(stand: Stand): Way[] {
  const { params } = stand;
  const detail: AttestationFact['detail'] = params['template'] === true ? { templateId: 'supposed' } : {};
  return [
    attestWay(
      params['kind'] as 'registration' | 'licence',
      String(params['register']),
      detail,
      params['maxAgeDays'] as number | null,
    ),
  ];
}

export function assessmentWays({ params }: Stand): Way[] {
  return [attestWay('assessment', String(params['assessment']), {}, params['cadenceDays'] as number | null)];
}

export function transferWays(stand: Stand): Way[] {
  const { params, facts } = stand;
  const name = String(params['name']);
  switch (faultOf(stand)) {
    case 'unstated':
      return [attestWay('transfer', name, { exports: false })];
    case 'consent': {
      const wanted = { level: 'separate' as const, purposes: [facts.purpose], channel: facts.channel };
      return [{ code: 'consent.separate', detail: { ...wanted, separate: 'export' } }];
    }
    case 'mechanism':
      return [
        {
          code: 'attest',
          detail: {
            kind: 'transfer',
            name,
            maxAgeDays: null,
            detail: { mechanism: strings(params['anyOf']) },
          },
        },
      ];
    default:
      return [{ code: 'data.localise', detail: {} }];
  }
}

type Dialogue = NonNullable<DialFacts['dialogue']>;
const SUPPOSED_DIALOGUE: Dialogue = {
  scriptId: 'supposed',
  version: 1,
  discloses: [],
  optOut: [],
  aiLabel: null,
};

export function disclosureWays({ params }: Stand): Way[] {
  const items = strings(params['items']);
  const withinS = params['withinS'] as number | null;
  const label = params['aiLabel'] as {
    modes: NonNullable<Dialogue['aiLabel']>['mode'][];
    at: NonNullable<Dialogue['aiLabel']>['at'];
  } | null;
  const supposing = (facts: DialFacts): DialFacts => {
    const dialogue = facts.dialogue ?? SUPPOSED_DIALOGUE;
    return {
      ...facts,
      dialogue: {
        ...dialogue,
        discloses: [
          ...dialogue.discloses.filter(({ item }) => !items.includes(item)),
          ...items.map((item) => ({ item, withinS: withinS ?? 0 })),
        ],
        aiLabel: label === null ? dialogue.aiLabel : { mode: label.modes[0]!, at: label.at },
      },
    };
  };
  const aiLabel = label === null ? null : { modes: label.modes, at: label.at };
  return [{ code: 'script.declare', detail: { items, withinS, optOut: null, aiLabel }, supposing }];
}

export function optoutMechanismWays({ params }: Stand): Way[] {
  const means = params['means'] as Dialogue['optOut'][number]['means'][];
  const endWithinS = params['endWithinS'] as number;
  const supposing = (facts: DialFacts): DialFacts => {
    const dialogue = facts.dialogue ?? SUPPOSED_DIALOGUE;
    const way = { means: means[0]!, endsWithinS: endWithinS };
    return { ...facts, dialogue: { ...dialogue, optOut: [...dialogue.optOut, way] } };
  };
  const withinS = params['offeredWithinS'] as number | null;
  const detail = { items: [], withinS, optOut: { means, endWithinS }, aiLabel: null };
  return [{ code: 'script.declare', detail, supposing }];
}

export function ringWays({ result }: Stand): Way[] {
  const least = result.inputs['least'];
  if (typeof least !== 'number') return [];
  const seconds = Math.ceil(least);
  const supposing = (facts: DialFacts): DialFacts => ({ ...facts, ringTimeoutS: seconds });
  return [{ code: 'ring.longer', detail: { seconds }, supposing }];
}

export function abandonmentWays(stand: Stand): Way[] {
  if (stand.result.reason === 'abandonment.unknown') return [{ code: 'abandonment.figures', detail: {} }];
  if (faultOf(stand) === 'cooldown') return [];
  return [{ code: 'abandonment.lower', detail: { ratePercent: stand.params['ratePercent'] as number } }];
}
