import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import type { ChangeKind, MoveKind } from '../../gate/preview/change.ts';
import { CHANGES } from '../../gate/preview/change.ts';
import type { LengthSummary } from '../../gate/preview/lengths.ts';
import type { PreviewResult, PreviewSample } from '../../gate/preview/result.ts';
import type { Passage } from '../../gate/preview/tally.ts';
import type { Language } from './messages/index.ts';

type Counted = Exclude<ChangeKind, 'unchanged'>;

/** What a preview says in a language; every language has all of it. */
interface Words {
  readonly contacts: (total: string) => string;
  readonly nobody: string;
  readonly sample: (evaluated: string, total: string) => string;
  readonly about: (count: string) => string;
  readonly none: string;
  readonly changes: Readonly<Record<Counted, (count: string, by: string | null) => string>>;
  readonly by: (length: LengthSummary, say: (ms: number) => string) => string;
  readonly because: (label: string, pack: string, count: string) => string;
  readonly promises: (total: string, lost: string, moved: string, regained: string) => string;
  readonly noPromise: (total: string) => string;
  readonly calls: (total: string, days: string, illegal: string) => string;
  readonly denials: (total: string, allowed: string) => string;
  readonly skipped: (count: string) => string;
  readonly units: Readonly<Record<'day' | 'hour' | 'minute' | 'second', (n: string) => string>>;
  readonly join: string;
  readonly locale: string;
}

const EN: Words = {
  contacts: (total) => `Of ${total} open contacts:`,
  nobody: 'No contact is open: nobody waits to be called.',
  sample: (evaluated, total) =>
    `A first answer, from ${evaluated} of ${total} open contacts drawn at random:`,
  about: (count) => `about ${count}`,
  none: 'for none of them does anything change',
  changes: {
    newly_denied: (n) => `${n} newly denied`,
    newly_allowed: (n) => `${n} newly allowed`,
    newly_deferred: (n, by) => `${n} might be called now and would have to wait${by ?? ''}`,
    later: (n, by) => `${n} moved later${by ?? ''}`,
    earlier: (n, by) => `${n} moved earlier${by ?? ''}`,
    shortened: (n, by) => `${n} may be called for less long${by ?? ''}`,
    extended: (n, by) => `${n} may be called for longer${by ?? ''}`,
    reasons: (n) => `${n} for other reasons, with the same outcome`,
  },
  by: (length, say) =>
    length.minMs === length.maxMs
      ? ` by ${say(length.minMs)}`
      : ` by ${say(length.medianMs)} (median; ${say(length.minMs)} to ${say(length.maxMs)})`,
  because: (label, pack, count) => `${count} by ${label} (${pack})`,
  promises: (total, lost, moved, regained) =>
    `Of ${total} promised callbacks: ${lost} could no longer be kept, ${moved} would move within their window, ${regained} could be kept again.`,
  noPromise: (total) => `None of ${total} promised callbacks is touched.`,
  calls: (total, days, illegal) =>
    `Of ${total} calls in ${days}, ${illegal} would have been illegal under it.`,
  denials: (total, allowed) => `Of ${total} denials in that time, ${allowed} would have been allowed.`,
  skipped: (count) =>
    `${count} decisions could not be asked about: their facts or policies are of an older form.`,
  units: {
    day: (n) => (n === '1' ? '1 day' : `${n} days`),
    hour: (n) => `${n} h`,
    minute: (n) => `${n} min`,
    second: (n) => `${n} s`,
  },
  join: '; ',
  locale: 'en-US',
};

const ZH: Words = {
  contacts: (total) => `在 ${total} 个待呼叫的客户中：`,
  nobody: '没有待呼叫的客户。',
  sample: (evaluated, total) => `初步结果，来自随机抽取的 ${evaluated} 个（共 ${total} 个待呼叫的客户）：`,
  about: (count) => `约 ${count} 个`,
  none: '全部没有变化',
  changes: {
    newly_denied: (n) => `${n} 将被禁止呼叫`,
    newly_allowed: (n) => `${n} 将允许呼叫`,
    newly_deferred: (n, by) => `${n} 原可立即呼叫，将须推迟${by ?? ''}`,
    later: (n, by) => `${n} 将更晚${by ?? ''}`,
    earlier: (n, by) => `${n} 将更早${by ?? ''}`,
    shortened: (n, by) => `${n} 可呼叫的时间缩短${by ?? ''}`,
    extended: (n, by) => `${n} 可呼叫的时间延长${by ?? ''}`,
    reasons: (n) => `${n} 结果相同而理由不同`,
  },
  by: (length, say) =>
    length.minMs === length.maxMs
      ? ` ${say(length.minMs)}`
      : ` ${say(length.medianMs)}（中位数；${say(length.minMs)} 至 ${say(length.maxMs)}）`,
  because: (label, pack, count) => `${count} 依据 ${label}（${pack}）`,
  promises: (total, lost, moved, regained) =>
    `在 ${total} 个预约回拨中：${lost} 个无法再履行，${moved} 个在时段内移动，${regained} 个重新可以履行。`,
  noPromise: (total) => `${total} 个预约回拨均不受影响。`,
  calls: (total, days, illegal) => `在过去 ${days}的 ${total} 通呼叫中，${illegal} 通按此规则属于违规。`,
  denials: (total, allowed) => `在同期 ${total} 次拒绝中，${allowed} 次按此规则可以呼叫。`,
  skipped: (count) => `${count} 个决定无法评估：其事实或规则为旧格式。`,
  units: {
    day: (n) => `${n} 天`,
    hour: (n) => `${n} 小时`,
    minute: (n) => `${n} 分钟`,
    second: (n) => `${n} 秒`,
  },
  join: '；',
  locale: 'zh-CN',
};

const WORDS: Readonly<Record<Language, Words>> = { en: EN, zh: ZH };

/** What a preview says, in sentences; the sample's as long as the whole is not known. */
export function previewSummary(
  preview: {
    readonly sample: PreviewSample | null;
    readonly result: PreviewResult | null;
  },
  language: Language,
): string[] {
  const words = WORDS[language];
  const n = (value: number) => value.toLocaleString(words.locale);
  const { sample, result } = preview;
  if (result !== null) return resultSummary(result, words, n);
  if (sample === null) return [];
  if (sample.total === 0) return [words.nobody];
  const lead = sample.exact
    ? words.contacts(n(sample.total))
    : words.sample(n(sample.evaluated), n(sample.total));
  const count = (kind: ChangeKind) => {
    const { count: scaled } = sample.changes[kind];
    return scaled === 0 ? null : sample.exact ? n(scaled) : words.about(n(scaled));
  };
  return [`${lead} ${changesText(words, count, sample.moves)}`];
}

function resultSummary(result: PreviewResult, words: Words, n: (value: number) => string): string[] {
  const { contacts, promises, past } = result;
  const { changes } = contacts;
  const count = (kind: ChangeKind) => (changes[kind] === 0 ? null : n(changes[kind]));
  const moved = promises.changes.later + promises.changes.earlier;
  const touched = promises.changes.lost + promises.changes.regained + moved;
  const skipped = past.skipped.olderFacts + past.skipped.unknownSet;
  const days = words.units.day(n(Math.max(1, Math.round((past.until - past.from) / DAY_MS))));
  return [
    contacts.total === 0
      ? words.nobody
      : `${words.contacts(n(contacts.total))} ${changesText(words, count, contacts.moves)}`,
    ...causes(contacts.passages, words, n),
    ...(promises.total === 0
      ? []
      : touched === 0
        ? [words.noPromise(n(promises.total))]
        : [
            words.promises(
              n(promises.total),
              n(promises.changes.lost),
              n(moved),
              n(promises.changes.regained),
            ),
          ]),
    words.calls(n(past.calls.total), days, n(past.calls.illegal)),
    ...(past.denials.total === 0 ? [] : [words.denials(n(past.denials.total), n(past.denials.allowed))]),
    ...(skipped === 0 ? [] : [words.skipped(n(skipped))]),
  ];
}

function changesText(
  words: Words,
  count: (kind: ChangeKind) => string | null,
  moves: Readonly<Partial<Record<MoveKind, LengthSummary>>>,
): string {
  const parts = CHANGES.flatMap((kind) => {
    if (kind === 'unchanged') return [];
    const counted = count(kind);
    if (counted === null) return [];
    const length = Object.hasOwn(moves, kind) ? moves[kind as MoveKind] : undefined;
    const by = length === undefined ? null : words.by(length, (ms) => lengthText(ms, words));
    return [words.changes[kind](counted, by)];
  });
  return parts.length === 0 ? words.none : parts.join(words.join);
}

/** Rules named in a summary; the rest can be read in the result. */
const CAUSES_MAX = 5;

function causes(passages: readonly Passage[], words: Words, n: (value: number) => string): string[] {
  const rules = new Map<string, { readonly label: string; readonly pack: string; count: number }>();
  for (const { change, rule, count } of passages) {
    if (rule === null || change === 'reasons') continue;
    const key = `${rule.pack}/${rule.id}`;
    const known = rules.get(key);
    const pack = rule.packVersion === null ? rule.pack : `${rule.pack} ${rule.packVersion}, ${rule.id}`;
    if (known === undefined) rules.set(key, { label: rule.label, pack, count });
    else known.count += count;
  }
  return [...rules.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, CAUSES_MAX)
    .map(({ label, pack, count }) => words.because(label, pack, n(count)));
}

/** A length in the largest unit that leaves at least one, to one digit after the point. */
function lengthText(ms: number, words: Words): string {
  const units = [
    ['day', DAY_MS],
    ['hour', HOUR_MS],
    ['minute', MINUTE_MS],
    ['second', 1_000],
  ] as const;
  const [unit, size] = units.find(([, one]) => ms >= one) ?? units[3];
  return words.units[unit](String(Math.max(Math.round((ms / size) * 10) / 10, 0.1)));
}
