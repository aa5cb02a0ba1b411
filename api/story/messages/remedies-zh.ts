import type { RuleWords, Telling } from './rules.ts';

const wanted = (of: { level: string; purposes: readonly string[]; channel: string }, t: Telling) =>
  `对“${t.purposes(of.purposes)}”${t.channel(of.channel)}外呼的${t.level(of.level)}同意`;

export const remediesZh: Pick<RuleWords, 'remedies' | 'blockRemedies' | 'duties'> = {
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
    'consent.cover': ({ names, ...of }, t) => `${wanted(of, t)}，并写明：${t.terms(names)}`,
    'consent.separate': ({ separate, ...of }, t) =>
      `对“${t.purposes(of.purposes)}”${t.channel(of.channel)}外呼所涉“${t.terms([separate])}”的单独同意`,
    'consent.guardian': (of, t) => `${wanted(of, t)}，由儿童的监护人作出`,
    'relationship.record': ({ kinds, withinDays, why, citation }, t) =>
      `如确有其事，登记与卖方的${t.terms(kinds)}${withinDays === null ? '' : `（${withinDays} 天之内）`}：${why}（${citation.instrument}）`,
    'callee.record': ({ what }, t) => `如实登记${t.terms([what])}`,
    'callee.nothing': ({ why }) =>
      ({
        age: '不可呼叫：年龄过小',
        refused: '不可呼叫：此人已拒绝就该事项来电',
        third_party: '不可呼叫：此人并非当事人',
        self: '不可呼叫：不得联系当事人',
      })[why],
    'callerid.show': ({ want, allowed }, t) =>
      ({
        any: '显示主叫方自有的号码',
        range: `显示主叫方自有、且在允许号段内的号码${allowed.length === 0 ? '' : `（${allowed.join('、')}）`}`,
        type: `显示主叫方自有、且类型允许的号码${allowed.length === 0 ? '' : `（${t.terms(allowed)}）`}`,
        country: `显示主叫方自有、且与被叫同一国家（地区）的号码${allowed.length === 0 ? '' : `（${allowed.join('、')}）`}`,
      })[want],
    attest: ({ kind, name, maxAgeDays }, t) =>
      `如实登记${t.terms([kind])}${kind === 'caller_id' ? '' : ` ${name}`}${maxAgeDays === null ? '' : `，不超过 ${maxAgeDays} 天`}`,
    'emergency.nothing': ({ until }, t) =>
      `${until === null ? '突发事件解除前' : `${t.instant(until)} 之前`}不可呼叫：不向突发事件地区外呼`,
    'line.declare': () => '登记线路的供应商',
    'line.nothing': ({ vendor, why }) =>
      why === 'use' ? `该线路不可呼叫：${vendor} 不允许此用途` : `该线路不可呼叫：${vendor} 不呼叫该地区`,
    'data.localise': () => '将数据存放在境内',
    'script.declare': ({ items, withinS, optOut, aiLabel }, t) =>
      `话术${[
        ...(items.length === 0 ? [] : [`告知${t.terms(items)}`]),
        ...(aiLabel === null ? [] : [`${t.terms(aiLabel.modes)}标明人工智能语音（${t.terms(aiLabel.at)}）`]),
        ...(optOut === null
          ? []
          : [`提供拒绝方式（${t.terms(optOut.means)}），拒绝后 ${optOut.endWithinS} 秒内结束通话`]),
      ].join('，并')}${withinS === null ? '' : `，${withinS} 秒内`}`,
    'ring.longer': ({ seconds }) => `任务的振铃时间至少 ${seconds} 秒`,
    'abandonment.figures': () => '提供不超过一天的放弃率数据',
    'abandonment.lower': ({ ratePercent }) => `放弃率不超过 ${ratePercent}%：减少同时发起的呼叫`,
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
    'campaign.hours': '等待运行时段开始，或调整任务的运行时段',
    'campaign.filter': '修改任务规则中的筛选条件，或导入该名单项的新属性',
    'campaign.filter_fault': '导入筛选条件所需的属性，或改用不依赖该属性的筛选条件',
    'campaign.rules_pending': '稍候：正在按新规则判断',
    'campaign.quota': '在任务规则中提高配额',
    'campaign.quota_day': '等到次日，或在任务规则中提高配额',
    'campaign.quota_busy': '正在进行的呼叫结束且未计入配额',
    'installation.stopped': '由系统运营方恢复整个系统的外呼',
    'tenant.stopped': '恢复全部外呼',
    'carrier.missing': '添加任务所指定名称的线路',
    'carrier.paused': '恢复线路',
    'carrier.resting': '线路恢复受理；系统会自行试呼',
    'person.on_call': '进行中的呼叫结束',
    'retry.within_days': '本任务内无：允许重试的天数已过',
  },
  duties: {
    disclose: (of, t) => `告知${t.terms(of['items'])}`,
    label_ai: (of, t) => `${t.terms(of['modes'])}标明人工智能语音（${t.terms(of['at'])}）`,
    offer_opt_out: (of, t) =>
      `提供拒绝方式（${t.terms(of['means'])}），拒绝后 ${t.word(of['endWithinS'])} 秒内结束通话`,
    ring_at_least: (of, t) => `无人接听时至少振铃 ${t.word(of['seconds'])} 秒`,
    connect_agent: (of, t) => {
      const message = t.terms(of['message']);
      return `有人接听时接通坐席${message === '' ? '' : `，否则告知${message}`}`;
    },
    answer_callbacks: (of, t) => `${t.word(of['days'])} 天内接听对主叫号码的回拨`,
    renew_consent: () => '重新取得同意',
    record_call: () => '录音',
    retain: (of, t) => `留存记录（${t.terms(of['recordClass'])}）`,
    erase: (of, t) => `删除数据（${t.terms(of['recordClass'])}）`,
    assess: (of, t) => `有在有效期内的影响评估（${t.word(of['assessment'])}）`,
    localise: () => '数据存放在境内',
    state_transfer: () => '登记数据是否出境',
  },
};
