import { invalidInput, type Fault } from '../../domain/failures.ts';
import { uniform } from './draws.ts';

/**
 * What goes wrong between a carrier and its customer, on demand. Shares are drawn from the seed with the
 * attempt's or the event's id, so a run repeats. All times here are real milliseconds: they stand for
 * networks and servers, which do not speed up with a rehearsal's clock.
 */
export interface FaultSettings {
  /** Share of dials and bridges that took effect whose answer never arrives: half are cut, half left hanging. */
  readonly lostAnswer: number;
  /** Share of requests that are answered `ms` late; they take effect at once. */
  readonly slow: { readonly share: number; readonly ms: number };
  /** Share of requests refused with 500, 502 or 503 before they take effect; the 502 says nothing about that. */
  readonly serverError: number;
  /** Calls per second above which the answer is 429; null: only the simulator's own limit, if any. */
  readonly maxCallsPerSecond: number | null;
  /** Share of events sent twice. */
  readonly duplicate: number;
  /** Share of events held back for `ms`, so that later ones overtake them. */
  readonly reorder: { readonly share: number; readonly ms: number };
  /** Share of events sent `ms` late. */
  readonly late: { readonly share: number; readonly ms: number };
  /** Share of events never sent. */
  readonly missing: number;
  /** The API answers 503 from `afterMs` after the faults were set, for `forMs` (null: until they change). */
  readonly down: { readonly afterMs: number; readonly forMs: number | null } | null;
}

export const NO_FAULTS: FaultSettings = {
  lostAnswer: 0,
  slow: { share: 0, ms: 0 },
  serverError: 0,
  maxCallsPerSecond: null,
  duplicate: 0,
  reorder: { share: 0, ms: 0 },
  late: { share: 0, ms: 0 },
  missing: 0,
  down: null,
};

/** Long enough for the next event of a quick call to overtake. */
const DEFAULT_REORDER_MS = 200;
/** What `429` alone means: one call a second, the usual default of HTTP carriers. */
const DEFAULT_RATE_LIMIT = 1;

const FORMS = {
  'lost-answer': 'lost-answer=<share>',
  slow: 'slow=<share>:<ms>',
  '5xx': '5xx=<share>',
  '429': '429 or 429=<calls per second>',
  dup: 'dup=<share>',
  reorder: 'reorder=<share> or reorder=<share>:<ms>',
  late: 'late=<share>:<ms>',
  missing: 'missing=<share>',
  down: 'down or down=<after ms>:<for ms>',
} as const;
type FaultName = keyof typeof FORMS;

/**
 * Read a fault specification: a comma-separated list such as
 * `lost-answer=0.02,slow=0.05:3000,5xx=0.01,429=20,dup=0.1,reorder=0.1,late=0.05:5000,missing=0.01,down=60000:5000`.
 * Shares are 0 to 1, times real ms. The empty text means no faults.
 * @throws RightcallError `invalid_input` naming every part at fault and its right form
 */
export function parseFaults(text: string): FaultSettings {
  const wrong: Fault[] = [];
  const seen = new Set<string>();
  let settings: FaultSettings = NO_FAULTS;
  for (const part of text.split(',').map((p) => p.trim())) {
    if (part === '') continue;
    const [name = '', ...values] = part.split('=');
    const field = `faults.${name}`;
    if (!Object.hasOwn(FORMS, name)) {
      wrong.push({ field, fault: 'is not a fault', expected: `one of ${Object.keys(FORMS).join(', ')}` });
    } else if (seen.has(name)) {
      wrong.push({ field, fault: 'is given twice', expected: 'each fault once' });
    } else {
      const read = readPart(name as FaultName, values.length === 0 ? null : values.join('='));
      if (read === null) {
        const fault = `"${part}" cannot be read`;
        wrong.push({ field, fault, expected: `${FORMS[name as FaultName]}, shares from 0 to 1` });
      } else settings = { ...settings, ...read };
    }
    seen.add(name);
  }
  if (wrong.length > 0) throw invalidInput(wrong);
  return settings;
}

function readPart(name: FaultName, value: string | null): Partial<FaultSettings> | null {
  const [first, second, ...rest] = value === null ? [] : value.split(':');
  if (rest.length > 0) return null;
  const share = first === undefined ? null : readShare(first);
  const shareAlone = second === undefined ? share : null;
  const ms = second === undefined ? null : readCount(second);
  const shareAndMs = share === null || ms === null ? null : { share, ms };
  switch (name) {
    case 'lost-answer':
      return shareAlone === null ? null : { lostAnswer: shareAlone };
    case '5xx':
      return shareAlone === null ? null : { serverError: shareAlone };
    case 'dup':
      return shareAlone === null ? null : { duplicate: shareAlone };
    case 'missing':
      return shareAlone === null ? null : { missing: shareAlone };
    case 'slow':
      return shareAndMs === null ? null : { slow: shareAndMs };
    case 'late':
      return shareAndMs === null ? null : { late: shareAndMs };
    case 'reorder':
      if (shareAlone !== null) return { reorder: { share: shareAlone, ms: DEFAULT_REORDER_MS } };
      return shareAndMs === null ? null : { reorder: shareAndMs };
    case '429': {
      const limit = value === null ? DEFAULT_RATE_LIMIT : second === undefined ? readCount(value) : null;
      return limit === null || limit === 0 ? null : { maxCallsPerSecond: limit };
    }
    case 'down': {
      if (value === null) return { down: { afterMs: 0, forMs: null } };
      const afterMs = first === undefined ? null : readCount(first);
      return afterMs === null || ms === null ? null : { down: { afterMs, forMs: ms } };
    }
  }
}

function readShare(text: string): number | null {
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
  return value >= 0 && value <= 1 ? value : null;
}

function readCount(text: string): number | null {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : null;
}

/** The specification that `parseFaults` reads back to the same settings. */
export function formatFaults(faults: FaultSettings): string {
  const parts: string[] = [];
  if (faults.lostAnswer > 0) parts.push(`lost-answer=${plain(faults.lostAnswer)}`);
  if (faults.slow.share > 0) parts.push(`slow=${plain(faults.slow.share)}:${faults.slow.ms}`);
  if (faults.serverError > 0) parts.push(`5xx=${plain(faults.serverError)}`);
  if (faults.maxCallsPerSecond !== null) parts.push(`429=${faults.maxCallsPerSecond}`);
  if (faults.duplicate > 0) parts.push(`dup=${plain(faults.duplicate)}`);
  if (faults.reorder.share > 0) parts.push(`reorder=${plain(faults.reorder.share)}:${faults.reorder.ms}`);
  if (faults.late.share > 0) parts.push(`late=${plain(faults.late.share)}:${faults.late.ms}`);
  if (faults.missing > 0) parts.push(`missing=${plain(faults.missing)}`);
  if (faults.down !== null) {
    parts.push(faults.down.forMs === null ? 'down' : `down=${faults.down.afterMs}:${faults.down.forMs}`);
  }
  return parts.join(',');
}

/** Without an exponent, which the parser does not take; 12 digits are finer than any share needs. */
function plain(share: number): string {
  return share.toFixed(12).replace(/\.?0+$/, '');
}

/** What goes wrong with one request, before and after it takes effect. `turn`: the how-manieth for that key, from 1. */
export interface RequestFaults {
  readonly status: 500 | 502 | 503 | null;
  readonly delayMs: number;
  readonly lost: 'cut' | 'hanging' | null;
}

/** Requests that something can go wrong with. */
export type RequestKind = 'dial' | 'lookup' | 'hangup' | 'bridge' | 'play';

export function requestFaults(
  faults: FaultSettings,
  seed: string,
  kind: RequestKind,
  key: string,
  turn: number,
): RequestFaults {
  const draw = (label: string): number => uniform(seed, `${kind} ${key} ${turn}`, label);
  const status =
    faults.serverError > 0 && draw('5xx') < faults.serverError
      ? ([500, 502, 503] as const)[Math.floor(draw('5xx-kind') * 3)]!
      : null;
  // The answers that tell whether somebody rings, or talks.
  const lost =
    (kind === 'dial' || kind === 'bridge') && faults.lostAnswer > 0 && draw('lost') < faults.lostAnswer;
  return {
    status,
    delayMs: faults.slow.share > 0 && draw('slow') < faults.slow.share ? faults.slow.ms : 0,
    lost: !lost ? null : draw('lost-kind') < 0.5 ? 'cut' : 'hanging',
  };
}

/** When an event is to be sent, real ms from now, once for each copy; empty: never. */
export function deliveryDelaysMs(faults: FaultSettings, seed: string, eventId: string): readonly number[] {
  const hit = (label: string, share: number): boolean => share > 0 && uniform(seed, eventId, label) < share;
  if (hit('missing', faults.missing)) return [];
  const first = hit('late', faults.late.share)
    ? faults.late.ms
    : hit('reorder', faults.reorder.share)
      ? faults.reorder.ms
      : 0;
  // The copy comes in a delivery of its own, after the first has gone.
  return hit('dup', faults.duplicate) ? [first, first + 50] : [first];
}

/** True while the `down` fault holds. @param sinceMs real ms since the faults were set */
export function isDown(faults: FaultSettings, sinceMs: number): boolean {
  if (faults.down === null || sinceMs < faults.down.afterMs) return false;
  return faults.down.forMs === null || sinceMs < faults.down.afterMs + faults.down.forMs;
}
