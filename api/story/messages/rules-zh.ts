import { codesZh } from './codes-zh.ts';
import { placesText } from './evidence.ts';
import { remediesZh } from './remedies-zh.ts';
import type { RuleWords, Telling, ToldRule } from './rules.ts';

const consentFor = (r: ToldRule, t: Telling) =>
  `${r.params['purposes'] === undefined ? t.call : t.purposes(r.params['purposes'])}（至少${t.level(r.inputs['level'])}）`;
const count = (of: unknown) => (Array.isArray(of) ? of.length : 0);
const UNITS: Readonly<Record<string, string>> = {
  attempt: '次呼叫',
  connect: '次接通',
  conversation: '次有效沟通',
};
const TRIGGERS: Readonly<Record<string, string>> = {
  refusal: '本人拒绝',
  conversation: '上次通话',
  abandon: '接通后放弃的呼叫',
  complaint: '投诉',
};
const faultOf = (r: ToldRule) => codesZh.faults[r.type]?.[r.reason?.split('.').at(-1) ?? ''] ?? r.label;
const PERIODS: Readonly<Record<string, string>> = {
  day: '同一自然日',
  week: '同一自然周',
  month: '同一自然月',
};
const windowOf = (of: unknown, t: Telling) => {
  const window = of as { rolling?: unknown; calendar?: string } | undefined;
  if (window?.calendar !== undefined) return `${PERIODS[window.calendar] ?? window.calendar}内（当地）`;
  return `${t.duration(window?.rolling)}内`;
};

const EVIDENCE = {
  sources: { declared: '申报', address: '地址', billing: '账单地址', prefix: '号段', country: '号码国别' },
  confidences: { high: '可信度高', medium: '可信度中', low: '可信度低' },
  open: '（',
  close: '）',
  semicolon: '；',
  comma: '、',
};

export const rulesZh: RuleWords = {
  types: {
    guard: '引擎自身的检查',
    abandonment_cap: '放弃率上限',
    assessment: '影响评估',
    caller_id: '主叫号码',
    contact_eligibility: '可联系对象',
    disclosure: '通话须告知的内容',
    emergency_block: '突发事件',
    erasure: '数据删除',
    line_policy: '线路规则',
    optout_mechanism: '拒绝方式',
    registration: '主叫方登记',
    retention: '记录留存',
    ring_minimum: '最短振铃',
    technology_consent: '对呼叫方式的同意',
    transfer: '数据出境',
    calendar_block: '禁呼日期',
    calling_window: '外呼时段',
    consent: '同意',
    cooldown: '冷却期',
    frequency_cap: '频次上限',
    internal_optout: '勿扰请求',
    suppression_list: '勿扰名单',
  },
  says: {
    guard: (r, t) => {
      switch (r.reason) {
        case 'jurisdiction.unknown':
          return '号码所在国家或地区不明';
        case 'jurisdiction.uncovered':
          return `没有规则包涵盖对 ${t.list(r.inputs['uncovered'])} 的${t.purposes([r.inputs['purpose']])}外呼`;
        case 'zone.unknown':
          return count(r.inputs['unknown']) > 0
            ? `${t.list(r.inputs['unknown'])} 不是已知时区，无法得知当地时间`
            : '号码所在时区不明';
        case 'consent.withdrawn':
          return '本人已撤回对该目的的同意，此后未再同意';
        case 'no_permitted_instant':
          return `400 天内没有同时满足所有规则的时刻；最后尝试的时刻受阻于：${t.word(r.inputs['because'])}`;
        default:
          return r.rule === 'engine.zone'
            ? `时区已知：${placesText(r.inputs, EVIDENCE)}`
            : `所在地已知，且有规则包涵盖：${placesText(r.inputs, EVIDENCE)}`;
      }
    },
    calendar_block: (r, t) => {
      const days = t.list(r.inputs['localDays']);
      if (r.reason === 'zone.unknown') return '当地日期不明';
      if (r.reason === 'calendar.uncovered') {
        return `日历 ${t.word(r.inputs['calendar'])} 只到 ${t.word(r.inputs['coveredTo'])}，此外的日期不能视为可呼`;
      }
      return r.reason === null ? `当日可呼（${days}）` : `当日禁呼：${t.word(r.inputs['why'])}（${days}）`;
    },
    calling_window: (r, t) => {
      if (r.reason === 'zone.unknown') return '当地时间不明';
      const hours = t.windows(r.params['windows']);
      const now = t.list(r.inputs['localTimes']);
      if (r.reason === null) return `当地时间 ${now}，在允许时段内${hours === '' ? '' : `（${hours}）`}`;
      return `当地时间 ${now}，${hours === '' ? '不在允许时段内' : `允许时段为 ${hours}`}`;
    },
    consent: (r, t) => {
      switch (r.reason?.split('.').at(-1)) {
        case undefined:
          return `已有同意记录：${consentFor(r, t)}`;
        case 'withdrawn':
          return `同意已撤回：${consentFor(r, t)}`;
        case 'expired':
          return `同意已过期：${consentFor(r, t)}`;
        case 'not_covering':
          return `现有同意未涵盖所需内容：${consentFor(r, t)}`;
        case 'too_weak':
          return `现有同意的级别不足：${consentFor(r, t)}`;
        default:
          return `没有同意记录：${consentFor(r, t)}`;
      }
    },
    cooldown: (r, t) => {
      const trigger = TRIGGERS[String(r.inputs['trigger'])] ?? t.word(r.inputs['trigger']);
      const { latest } = r.inputs;
      if (typeof latest !== 'number') return '没有引起冷却期的事件';
      const said = `${trigger}发生于 ${t.instant(latest)}，其后 ${t.duration(r.inputs['duration'])}为冷却期`;
      return r.reason === null ? `${said}，已过` : said;
    },
    frequency_cap: (r, t) =>
      `${windowOf(r.inputs['window'], t)}已计 ${t.word(r.inputs['counted'])} ${UNITS[String(r.inputs['unit'])] ?? t.word(r.inputs['unit'])}，` +
      `最多 ${t.word(r.inputs['count'])} 次`,
    internal_optout: (r) => (r.reason === null ? '没有要求不再来电的记录' : '已登记为要求不再来电'),
    technology_consent: (r, t) => {
      const kinds = t.terms(r.inputs['used']);
      if (r.reason === null)
        return kinds === '' ? '本次呼叫不属于这些方式' : `本人已同意此类呼叫（${kinds}）`;
      return `${kinds === '' ? '此类呼叫' : `${kinds}呼叫`}：${faultOf(r)}`;
    },
    caller_id: (r, t) => {
      const shown = `${t.word(r.inputs['country'])} ${t.word(r.inputs['prefix'])}…，${t.terms(r.inputs['type'])}`;
      if (r.reason === null)
        return r.inputs['shown'] === null ? '无须显示主叫号码' : `主叫号码符合要求（${shown}）`;
      return r.inputs['shown'] === null ? faultOf(r) : `${faultOf(r)}（${shown}）`;
    },
    line_policy: (r, t) => {
      if (r.reason === null) return `线路可用于本次呼叫（${t.word(r.inputs['vendor'] ?? '供应商不明')}）`;
      if (r.reason === 'line.unknown') return '线路供应商不明，无法得知其规则';
      const { count: most, window } = r.inputs;
      return most === undefined
        ? faultOf(r)
        : `${faultOf(r)}：${t.duration(window)}内最多 ${t.word(most)} 次`;
    },
    disclosure: (r, t) => {
      if (r.reason === null) return '通话已声明或须履行告知义务';
      const what = t.terms(r.inputs['undeclared'] ?? r.inputs['late']);
      return what === '' ? faultOf(r) : `${faultOf(r)}：${what}`;
    },
    optout_mechanism: (r, t) =>
      r.reason === null
        ? '通话已提供或须提供拒绝方式'
        : `${faultOf(r)}（${t.terms(r.inputs['means'])}；拒绝后 ${t.word(r.inputs['endWithinS'])} 秒内结束通话）`,
    abandonment_cap: (r, t) => {
      if (r.reason === null) return '放弃率未超限，或不会产生放弃';
      if (r.reason === 'abandonment.unknown') return '近期放弃率不明';
      if (r.reason.endsWith('.cooldown')) return faultOf(r);
      return `放弃率超过允许的 ${t.word(r.inputs['ratePercent'])}%`;
    },
    ring_minimum: (r, t) =>
      r.reason === null
        ? '放弃前振铃时间足够'
        : `任务振铃 ${t.word(r.inputs['ringTimeoutS'])} 秒即放弃，至少应为 ${t.word(r.inputs['least'])} 秒`,
    registration: (r, t) =>
      r.reason === null
        ? `已登记：${t.word(r.inputs['register'])}`
        : `${faultOf(r)}（${t.word(r.inputs['register'])}）`,
    contact_eligibility: (r) => (r.reason === null ? '可就该事项联系此人' : faultOf(r)),
    emergency_block: (r, t) => {
      const feed = t.word(r.inputs['feed']);
      if (r.reason === null) return `当地未宣布突发事件（${feed}）`;
      if (r.reason === 'emergency.feed_missing') return `从未读取突发事件信息 ${feed}`;
      if (r.reason === 'emergency.feed_stale') return `突发事件信息 ${feed} 读取时间过久`;
      return `此人可能所在的地区已宣布突发事件（${feed}）`;
    },
    retention: (r, t) => `按法定期限留存记录：${t.terms(r.inputs['recordClass'])}`,
    erasure: (r, t) => {
      const triggers = t.terms(r.inputs['triggers']);
      return triggers === '' ? '目前无须删除数据' : `须删除数据：${triggers}`;
    },
    transfer: (r) => (r.reason === null ? '数据出境情况符合要求，或尚待登记' : faultOf(r)),
    assessment: (r, t) =>
      r.reason === null
        ? `影响评估 ${t.word(r.inputs['assessment'])} 在有效期内，或尚待完成`
        : `${faultOf(r)}（${t.word(r.inputs['assessment'])}）`,
    suppression_list: (r, t) => {
      const list = t.word(r.inputs['list']);
      const { asOf } = r.inputs;
      switch (r.reason) {
        case 'list.missing':
          return `没有名单 ${list} 的副本`;
        case 'list.stale':
          return `名单 ${list} 的副本截至 ${typeof asOf === 'number' ? t.instant(asOf) : '不明日期'}，最多可用 ${t.word(r.params['maxListAgeDays'])} 天`;
        case null:
          return `号码不在名单 ${list} 上`;
        default:
          return `号码在名单 ${list} 上`;
      }
    },
  },
  freed: ({ why, source }) =>
    `不受该规则限制：${why ?? '本人另有同意'}${source === null ? '' : `（${source}）`}`,
  notInForce: ({ from }) => `自 ${from} 起施行`,
  ...codesZh,
  ...remediesZh,
  within: ({ seconds, afterRequest }) => `，${afterRequest ? '提出要求' : '接听'}后 ${seconds} 秒内`,
  due: ({ at }) => `，最迟 ${at}`,
  together: ({ from }) => (from === null ? '即使全部满足，仍不可呼叫' : `全部满足后，${from} 起可以呼叫`),
  retryAfter: ({ outcome }) => `上次呼叫结果为“${outcome}”后的间隔`,
  endedWith: ({ state, why }) => `已结束：${state}${why === null ? '' : `（${why}）`}`,
  cohort: ({ total, dialable, main }) =>
    `共 ${total} 个名单项，没有规则阻止的 ${dialable} 个。${main === null ? '' : `其余最多的原因：${main}。`}`,
  forecast: ({ eligible, dialled, until }) =>
    `到 ${until} 为止，可呼叫 ${eligible} 个，预计呼叫约 ${dialled} 个（假设其间没有新的记录和人工操作）。`,
  about: ({ count, low, high }) => `约 ${count}（${low} 至 ${high}）`,
};
