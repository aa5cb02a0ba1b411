import type { RuleWords, Telling, ToldRule } from './rules.ts';

const consentFor = (r: ToldRule, t: Telling) =>
  `${r.params['purposes'] === undefined ? t.call : t.purposes(r.params['purposes'])}（至少${t.level(r.inputs['level'])}）`;
const wanted = (of: { level: string; purposes: readonly string[]; channel: string }, t: Telling) =>
  `对“${t.purposes(of.purposes)}”${t.channel(of.channel)}外呼的${t.level(of.level)}同意`;
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

export const rulesZh: RuleWords = {
  types: {
    guard: '引擎自身的检查',
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
        case 'no_permitted_instant':
          return `400 天内没有同时满足所有规则的时刻；最后尝试的时刻受阻于：${t.word(r.inputs['because'])}`;
        default:
          return r.rule === 'engine.zone'
            ? `时区已知：${t.list(r.inputs['candidates'])}`
            : `所在地已知，且有规则包涵盖：${t.list(r.inputs['candidates'])}`;
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
      `连同本次最多 ${t.word(r.inputs['count'])} 次`,
    internal_optout: (r) => (r.reason === null ? '没有要求不再来电的记录' : '已登记为要求不再来电'),
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
  reasons: {
    'calendar.holiday': '当日为节假日',
    'calendar.uncovered': '日历未覆盖该日期',
    'campaign.hours': '不在任务自定时段内',
    'cap.attempts': '呼叫次数已达上限',
    'cap.conversations': '有效沟通次数已达上限',
    'consent.missing': '没有同意记录',
    'consent.withdrawn': '同意已撤回',
    'consent.expired': '同意已过期',
    'consent.too_weak': '现有同意的级别不足',
    'cooldown.conversation': '不久前刚通话',
    'jurisdiction.unknown': '所在国家或地区不明',
    'jurisdiction.uncovered': '没有规则包涵盖当地法律',
    'list.missing': '未持有勿扰名单',
    'list.national_dnc': '在全国勿扰名单上',
    'list.stale': '勿扰名单副本过旧',
    no_permitted_instant: '没有同时满足所有规则的时刻',
    'number.missing': '该个人没有可呼号码',
    'optout.internal': '已要求不再来电',
    'window.closed': '不在外呼时段内',
    'zone.unknown': '时区不明',
  },
  remedies: {
    wait: ({ until }, t) => `等到 ${t.instant(until)}`,
    'consent.give': (of, t) => `${wanted(of, t)}，由本人作出并在呼叫前登记`,
    'consent.renew': (of, t) =>
      `由本人重新作出的${wanted(of, t)}${of.maxAgeDays === null ? '' : `，距今不超过 ${of.maxAgeDays} 天`}`,
    'consent.strengthen': (of, t) => `${wanted(of, t)}；现有记录级别不足`,
    'consent.anew': (of, t) => `只能由本人主动重新作出${wanted(of, t)}；不得为征求同意而致电`,
    'consent.exempts': (of, t) =>
      `${wanted(of, t)}：${of.why}（${[of.citation.instrument, of.citation.article].filter((one) => one !== null).join('，')}）`,
    'consent.widens': (of, t) => `${wanted(of, t)}，其中本人要求在其他时段来电，并登记为放宽 ${of.rule}`,
    'list.hold': ({ list, maxAgeDays }) => `持有不超过 ${maxAgeDays} 天的名单 ${list} 副本`,
    'list.refresh': ({ list, maxAgeDays }) => `更新名单 ${list}，副本不超过 ${maxAgeDays} 天`,
    'list.nothing': ({ list, until }, t) =>
      `${until === null ? '' : `${t.instant(until)} 之前`}不可呼叫：号码在名单 ${list} 上，只有名单管理者可以移除`,
    'optout.nothing': ({ until }, t) =>
      `${until === null ? '' : `${t.instant(until)} 之前`}不可呼叫：本人已要求不再来电`,
    'place.declare': ({ what }) =>
      what === 'zone' ? '登记本人的时区或地址' : '登记本人的国家（地区）或地址',
    'zone.correct': ({ zones }) => `将 ${zones.join('、')} 更正为 IANA 时区名`,
    'pack.publish': ({ countries, purpose }, t) =>
      `发布涵盖对 ${countries.join('、')} 的${t.purposes([purpose])}外呼的法律规则包`,
    'calendar.publish': ({ calendar, coveredTo }) =>
      `发布日历 ${calendar} 的新版本${coveredTo === null ? '' : `，覆盖 ${coveredTo} 以后的日期`}`,
    'rule.see': ({ rule }) => `见规则 ${rule} 的说明`,
  },
  blockRemedies: {
    'contact.not_yet': '无：该名单项当时尚不存在',
    'contact.ended': '本任务内无：该名单项已结束',
    'contact.waiting': '只需等待',
    'campaign.draft': '启动任务',
    'campaign.paused': '恢复任务',
    'campaign.stopped': '无：已停止的任务不能恢复，可复制一份',
    'campaign.completed': '无：任务已完成，可复制一份',
    'schedule.not_begun': '等待，或将任务的计划开始时间提前',
    'schedule.over': '将任务的计划结束时间推后',
    'tenant.stopped': '恢复全部外呼',
    'carrier.missing': '添加任务所指定名称的线路',
    'carrier.paused': '恢复线路',
    'mode.not_paced': '将任务的外呼模式改为 agentless',
    'person.on_call': '进行中的呼叫结束',
    'retry.within_days': '本任务内无：允许重试的天数已过',
  },
  duties: {
    disclose: (of, t) => `告知：${t.list(of['items'] ?? of['item'])}`,
    label_ai: (of, t) => `标明语音由人工智能合成（${t.list(of)}）`,
    offer_opt_out: (of, t) => `提供拒绝再次来电的方式（${t.list(of['means'] ?? of)}），本人拒绝后结束通话`,
    ring_at_least: (of, t) => `振铃足够长的时间（${t.list(of)}）`,
    connect_agent: () => '有人接听时接通坐席',
    answer_callbacks: () => '保证回拨有人接听',
    renew_consent: () => '重新取得同意',
    record_call: () => '录音',
    retain: (of, t) => `留存记录（${t.list(of)}）`,
    erase: (of, t) => `删除数据（${t.list(of)}）`,
    assess: (of, t) => `完成影响评估（${t.list(of)}）`,
    localise: (of, t) => `数据存放在境内（${t.list(of)}）`,
    state_transfer: (of, t) => `登记向境外提供的依据（${t.list(of)}）`,
  },
  within: ({ seconds, afterRequest }) => `，${afterRequest ? '提出要求' : '接听'}后 ${seconds} 秒内`,
  due: ({ at }) => `，最迟 ${at}`,
  together: ({ from }) => (from === null ? '即使全部满足，仍不可呼叫' : `全部满足后，${from} 起可以呼叫`),
};
