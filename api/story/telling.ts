import { toIso, type EpochMs } from '../../domain/time.ts';
import { wallClock, type Weekday } from '../../domain/wall-clock.ts';
import type { Language, Messages } from './messages/index.ts';
import { reasonWord, wordOf } from './messages/index.ts';
import type { Telling } from './messages/rules.ts';

/** Zones told of one instant; numbers whose place is little known may have many. */
const ZONES_MAX = 3;
const DAY_NAMES = {
  en: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun', daily: '' },
  zh: {
    mon: '周一',
    tue: '周二',
    wed: '周三',
    thu: '周四',
    fri: '周五',
    sat: '周六',
    sun: '周日',
    daily: '',
  },
} as const;
const DURATIONS = {
  en: {
    minutes: ['minute', 'minutes'],
    hours: ['hour', 'hours'],
    days: ['day', 'days'],
    calendarDays: ['local day', 'local days'],
  },
  zh: {
    minutes: ['分钟', '分钟'],
    hours: ['小时', '小时'],
    days: ['天', '天'],
    calendarDays: ['个自然日', '个自然日'],
  },
} as const;

/** What an explanation is of, as far as its sentences need it. */
export interface ToldCall {
  readonly at: EpochMs;
  readonly purpose: string;
  readonly channel: string;
  /** IANA zones the person may be in; an instant is told by the clocks of all of them. */
  readonly zones: readonly string[];
}

export function tellingOf(call: ToldCall, say: Messages): Telling {
  const { language } = say;
  const purposeOf = (one: unknown) => wordOf(say.words.purpose, String(one));
  const channelOf = (one: unknown) => wordOf(say.words.channel, String(one));
  const purposes = (of: unknown) => valuesOf(of).map(purposeOf).join(say.comma);
  return {
    at: call.at,
    call:
      language === 'zh'
        ? `${purposeOf(call.purpose)}${channelOf(call.channel)}外呼`
        : `${purposeOf(call.purpose)} by ${channelOf(call.channel)}`,
    instant: (at) => localInstant(at, call.zones, language),
    duration: (of) => durationText(of, language),
    windows: (of) => windowsText(of, language),
    level: (of) => wordOf(say.words.level, plainText(of)),
    purposes,
    channel: channelOf,
    list: (of) => listText(of, say),
    word: (of) => (typeof of === 'string' ? (reasonWord(of, say) ?? of) : plainText(of)),
    terms: (of) =>
      valuesOf(of)
        .map((one) => wordOf(say.rules.terms, plainText(one)))
        .join(say.comma),
  };
}

/** `Mon 2026-11-23 09:00 (Asia/Shanghai)`: an instant as the clocks of these zones show it; in UTC where there are none. */
export function localInstant(at: EpochMs, zones: readonly string[], language: Language): string {
  if (zones.length === 0) return toIso(at);
  const told = zones.slice(0, ZONES_MAX).map((zone) => {
    const { weekday, date, hour, minute, second } = wallClock(zone, at);
    const time = [hour, minute, ...(second === 0 ? [] : [second])].map(twoDigits).join(':');
    const day = DAY_NAMES[language][weekday];
    return language === 'zh' ? `${date} ${day} ${time}（${zone}）` : `${day} ${date} ${time} (${zone})`;
  });
  if (zones.length > ZONES_MAX) told.push('…');
  return told.join(language === 'zh' ? '、' : ', ');
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}

function durationText(of: unknown, language: Language): string {
  if (typeof of !== 'object' || of === null) return plainText(of);
  return Object.entries(of)
    .map(([unit, n]) => {
      const words = DURATIONS[language][unit as keyof (typeof DURATIONS)['en']] as
        readonly string[] | undefined;
      return `${String(n)} ${words?.[n === 1 ? 0 : 1] ?? unit}`;
    })
    .join(' ');
}

/** The hours of a `calling_window`, as its parameters have them. */
function windowsText(of: unknown, language: Language): string {
  if (typeof of !== 'object' || of === null) return '';
  const days = DAY_NAMES[language];
  // Days that are open alike are told together, in the order of the week.
  const byHours = new Map<string, string[]>();
  for (const day of ['daily', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const) {
    const windows = (of as Record<string, unknown>)[day];
    if (!Array.isArray(windows)) continue;
    const hours = windows.map((one) => String(one).replace('-', '–')).join(language === 'zh' ? '、' : ', ');
    const alike = byHours.get(hours) ?? [];
    if (days[day] !== '') alike.push(days[day]);
    byHours.set(hours, alike);
  }
  return [...byHours]
    .map(([hours, on]) => (on.length === 0 ? hours : `${on.join(language === 'zh' ? '、' : ', ')} ${hours}`))
    .join(language === 'zh' ? '；' : '; ');
}

function valuesOf(of: unknown): unknown[] {
  if (of === undefined || of === null) return [];
  return Array.isArray(of) ? of : [of];
}

/** Values one after another; of an object `value (key)`, as local times are kept by zone. */
function listText(of: unknown, say: Messages): string {
  if (typeof of === 'object' && of !== null && !Array.isArray(of)) {
    const [open, close] = say.language === 'zh' ? ['（', '）'] : [' (', ')'];
    return Object.entries(of)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => `${localTimeText(value, say.language)}${open}${key}${close}`)
      .join(say.comma);
  }
  return valuesOf(of).map(plainText).join(say.comma);
}

/** A trace has local times as `Fri 2026-11-20 22:10:00`. */
function localTimeText(value: unknown, language: Language): string {
  const text = plainText(value);
  const match = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\S+) (\S+)$/.exec(text);
  if (language === 'en' || match === null) return text;
  return `${match[2]!} ${DAY_NAMES.zh[match[1]!.toLowerCase() as Weekday]} ${match[3]!}`;
}

function plainText(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
