import { ENGINE } from '../../../domain/callback.ts';
import type { Counted } from '../../../domain/campaign-rules.ts';
import type { Messages } from './messages.ts';
import { rulesZh } from './rules-zh.ts';

const OTHER = {
  person: '个人',
  number: '号码',
  contact: '名单项',
  campaign: '任务',
  carrier: '线路',
  tenant: '租户',
  all: '整个系统',
  'contact.not_yet': '该名单项当时尚不存在',
  'contact.ended': '该名单项已结束',
  'contact.waiting': '该名单项在等待下次时间',
  'campaign.draft': '任务尚未启动',
  'campaign.paused': '任务已暂停',
  'campaign.stopped': '任务已停止',
  'campaign.completed': '任务已完成',
  'schedule.not_begun': '任务的计划时间未到',
  'schedule.over': '任务的计划时间已过',
  'installation.stopped': '整个系统的外呼已停止',
  'tenant.stopped': '全部外呼已停止',
  'carrier.missing': '任务指定的线路不存在',
  'carrier.paused': '线路已暂停',
  'carrier.resting': '线路连续未受理呼叫，暂缓片刻',
  'person.on_call': '正在呼叫该个人，或通话未结束',
  'preview.skipped': '坐席已跳过该名单项',
  'preview.expired': '已向坐席展示，坐席未作答',
  'callback.owner_away': '预约回拨在等待所属坐席',
  'preview.withdrawn': '已向坐席展示，后被收回',
  'campaign.hours': '不在任务的运行时段内',
  'campaign.rules_pending': '任务规则已变更，尚未对该名单项重新判断',
  'campaign.filter': '任务的筛选条件排除了该名单项',
  'campaign.filter_fault': '该名单项缺少属性，无法按筛选条件判断',
  'campaign.quota': '该名单项所属的配额已满',
  'campaign.quota_day': '该名单项所属的配额当日已满',
  'campaign.quota_busy': '正在进行的呼叫可能占满该名单项所属的配额',
  'mode.changed': '任务已切换外呼模式',
  'agents.none_in_team': '负责该任务的班组中没有坐席',
  'agents.none_with_skill': '班组中没有坐席具备所需技能',
  'agents.none_with_language': '班组中没有坐席会说所需语言',
  'agents.none_signed_in': '可接听的坐席均未签入',
  'agents.none_free': '可接听的坐席均在忙或小休',
  'retry.within_days': '允许重试的天数已过',
  'campaign.status': '任务当时是否暂停',
  'contact.state': '该名单项当时的状态',
  'contact.ready_at': '该名单项当时的待呼时间',
  'list.as_of': '勿扰名单当时的更新时间',
  'suppression.validity': '勿扰记录的有效期此后是否改动',
  'future.facts': '在此之前将登记的事实',
  'future.policies': '届时生效的规则',
  'as it is now': '按现状处理',
  'as it is published': '按已发布的生效时间处理',
  'as not so': '按“否”处理',
  'from what is on record': '按已有记录处理',
} as const satisfies Record<string, string>;

const COUNTED_WORDS: Readonly<Record<Counted, string>> = {
  calls: '呼叫',
  answers: '接通',
  conversions: '转化',
  interviews: '完成访问',
};

const CALL_TEXTS: Readonly<Record<string, string>> = {
  ringing: '振铃',
  answered: '已接听',
  dtmf: '按键',
  joined: '坐席已接入',
};

const ATTEMPT_TEXTS = {
  claimed: '已获得呼叫许可',
  sent: '线路已受理',
  sending: '正在提交线路',
  revoked: '发出前已撤回',
  abandoned: '未发出，许可已过期',
  rejected: '线路拒绝，未振铃',
  unknown: '是否振铃不明，按已呼叫计',
} as const;

const after = (text: string | null, before = '：') => (text === null ? '' : before + text);

export const zh: Messages = {
  language: 'zh',
  rules: rulesZh,
  words: {
    outcome: {
      answered: '接听',
      voicemail: '语音信箱',
      no_answer: '无人接听',
      busy: '占线',
      unreachable: '无法接通',
      invalid_number: '空号',
      declined: '拒接',
      blocked: '被拦截',
      congestion: '线路拥塞',
      carrier_error: '线路故障',
      cancelled: '已取消',
      unknown: '不明',
    },
    disposition: {
      converted: '转化',
      interested: '有意向',
      not_interested: '无意向',
      refused: '拒绝',
      opted_out: '要求不再来电',
      callback: '预约回拨',
      wrong_number: '号码有误',
      completed: '已完成',
    },
    contactState: {
      waiting: '等待中',
      admitted: '已进入呼叫',
      converted: '已转化',
      refused: '已拒绝',
      completed: '已完成',
      exhausted: '次数用尽',
      invalid_number: '空号',
      denied: '不予呼叫',
      withdrawn: '已撤回同意',
      suppressed: '勿扰',
      stopped: '已停止',
    },
    campaignStatus: {
      draft: '草稿',
      running: '进行中',
      paused: '已暂停',
      stopped: '已停止',
      completed: '已完成',
    },
    purpose: {
      marketing: '营销',
      service: '服务',
      collection: '催收',
      survey: '调查',
      political: '政治宣传',
    },
    channel: { voice: '语音', sms: '短信' },
    level: {
      implied: '默示',
      express: '明示',
      written: '书面',
      separate: '单独',
      guardian: '监护人',
    },
    endedBy: { callee: '被叫', us: '我方', carrier: '线路' },
    stopKind: {
      withdrawal: '撤回同意',
      suppression: '勿扰',
      pause: '暂停',
      stop: '停止',
      kill: '停止全部外呼',
    },
    other: OTHER,
  },
  comma: '、',
  semicolon: '；',

  imported: ({ campaign, from }) => `加入外呼任务“${campaign}”${from === null ? '' : `，来自 ${from}`}。`,
  allowed: ({ until }) => `允许呼叫${until === null ? '' : `，至 ${until}`}。`,
  deferred: ({ until, because }) => `推迟${until === null ? '' : `至 ${until}`}：${because}。`,
  denied: ({ because }) => `不得呼叫：${because}。`,
  reason: ({ label, source, unverified }) =>
    `${label}${source === null ? '' : `（${source}）`}${unverified ? '，该规则尚未核实' : ''}`,
  attempt: ({ n, part, why }) => `第 ${n} 次呼叫：${ATTEMPT_TEXTS[part]}${after(why)}。`,
  attemptEnded: ({ n, outcome, talkS, disposition }) =>
    `第 ${n} 次呼叫结束：${outcome}${talkS === null ? '' : `，通话 ${talkS} 秒`}${after(disposition, '，')}。`,
  nextCall: ({ at, otherNumber, withAgent }) =>
    `将于 ${at} 起再次呼叫${otherNumber ? '，改拨另一号码' : ''}${withAgent ? '，由坐席呼叫' : ''}。`,
  bestTime: ({ reason, zone, hour, hourOtherwise, percent, percentOtherwise, attempts, own }) => {
    const rates =
      `${hour}:00（${zone}）约 ${percent ?? 0}% 接听，${hourOtherwise}:00 约 ${percentOtherwise ?? 0}%，` +
      `依据当地 ${attempts} 次呼叫与本人 ${own} 次呼叫`;
    switch (reason) {
      case 'best_time.moved':
        return `已推迟至最佳时段：${rates}。`;
      case 'best_time.too_late':
        return `最佳时段对本任务过晚，未推迟：${rates}。`;
      case 'best_time.already_best':
        return `没有明显优于 ${hour}:00（${zone}）的时段。`;
      default:
        return `最佳时段尚不可知：当地 ${hour}:00（${zone}）的呼叫过少。`;
    }
  },
  call: ({ n, type }) => `第 ${n} 次呼叫的通话：${CALL_TEXTS[type] ?? `事件 ${type}`}。`,
  callEnded: ({ n, end }) =>
    `第 ${n} 次呼叫的通话：线路报告结束${
      end === null ? '' : `，${end.outcome}，由${end.by}结束${end.concluded ? '（由系统推定）' : ''}`
    }。`,
  disposition: ({ code, source }) => `话后小结：${code}，由 ${source} 填写。`,
  consentGiven: ({ purposes, channels, level, source, until }) =>
    `同意：用途 ${purposes}，方式 ${channels}，${level}，来自 ${source}${after(until, '，至 ')}。`,
  consentWithdrawn: ({ purposes, channels, source }) =>
    `撤回同意：用途 ${purposes}，方式 ${channels}，来自 ${source}。`,
  recordedLater: ({ at }) => `登记于 ${at}。`,
  suppressed: ({ list, scope, purpose, ownRequest, source, until }) =>
    `号码列入勿扰名单 ${list}，${purpose === null ? `范围 ${scope}` : `用途 ${purpose}`}，` +
    `${ownRequest ? '应本人要求' : `来自 ${source}`}${after(until, '，至 ')}。`,
  stopped: ({ kind, scope, by, revoked, inFlight, hungUp, complete, latencyMs }) =>
    `${kind}（${scope}），操作人 ${by}：${
      latencyMs === null ? '尚未确认' : `${latencyMs} 毫秒后确认，此后未再呼出`
    }；收回许可 ${revoked} 个，进行中呼叫 ${inFlight} 个${hungUp === null ? '' : `，挂断 ${hungUp} 个`}${
      complete === false ? '；部分挂断未能及时确认' : ''
    }。`,
  changed: ({ action, by, reason }) => `变更 ${action}，操作人 ${by}${after(reason)}。`,
  callback: ({ status, from, until, reason }) =>
    ({
      promised: `预约回拨：${from} 至 ${until}。`,
      kept: '预约回拨已兑现。',
      breached: `预约回拨未兑现${after(reason)}。`,
      cancelled: `预约回拨已取消${after(reason)}。`,
    })[status],
  callbackStep: (step) => {
    switch (step.kind) {
      case 'moved': {
        const was = `预约回拨已改期：原为 ${step.from} 至 ${step.until}`;
        return step.by === ENGINE
          ? `${was}，规则 ${step.reason ?? 'policy'} 不允许。`
          : `${was}，由 ${step.by} 更改。`;
      }
      case 'reminded':
        return `预约回拨：已提醒 ${step.owner}。`;
      case 'fell_back':
        return step.to === 'team'
          ? '预约回拨：所属坐席未能及时空闲，改由本组坐席接听。'
          : '预约回拨：所属坐席未能及时空闲，改由任务内任一坐席接听。';
    }
  },
  workflowAdmitted: ({ admission, started }) =>
    `工作流：第 ${admission} 次进入呼叫，${started ? '已启动' : '已通知'}。`,
  workflowReported: ({ admission, state, readyAt }) =>
    `工作流：已告知第 ${admission} 次的结果${
      state === null ? after(readyAt, '，等待至 ') : `，结束为${state}`
    }。`,
  workflowClosed: ({ state, reason }) =>
    `工作流：已告知该名单项结束为${state}${reason === null ? '' : `（${reason}）`}。`,
  stateWaiting: ({ readyAt, why, campaignStatus }) =>
    `现在：等待，不早于 ${readyAt}${why === null ? '' : `（${why}）`}${after(campaignStatus, '；任务')}。`,
  stateAdmitted: () => '现在：已交给拨号，正在判定或通话。',
  stateEnded: ({ state, why }) => `现在：已结束，${state}${why === null ? '' : `（${why}）`}。`,

  callableNow: ({ until }) => `此刻可以呼叫${after(until, '，至 ')}。`,
  notCallable: ({ next, because }) =>
    `此刻不呼叫：${because}。${next === null ? '未知何时可以呼叫。' : `${next} 起可以呼叫。`}`,
  block: ({ code, until, detail }) => {
    const more = Object.values(detail).join('，');
    const text = (OTHER as Readonly<Record<string, string>>)[code] ?? code;
    return `${text}${more === '' ? '' : `（${more}）`}${after(until, '，至 ')}`;
  },
  heldByFilter: ({ fault, filter, unmet, names, looked }) => {
    const values = looked
      ?.map(({ name, value }) => (value === null ? `${name} 缺失或无法读取` : `${name} 为 ${value}`))
      .join('，');
    const of = values ?? (names === '' ? '' : `涉及 ${names}`);
    const what = fault ? '任务的筛选条件无法对该名单项判断' : '任务的筛选条件排除了该名单项';
    const more = unmet === null || unmet === filter ? '' : `，其中不满足：${unmet}`;
    return `${what}：${filter}${more}${of === '' ? '' : `（${of}）`}`;
  },
  heldByQuota: ({ code, name, counts, counted, open, max, until }) => {
    const far = `${COUNTED_WORDS[counts]} ${counted}，上限 ${max}`;
    if (code === 'campaign.quota_busy') {
      return `正在进行的呼叫可能占满配额“${name}”：${far}，进行中 ${open}`;
    }
    const when = code === 'campaign.quota_day' ? `当日已满${after(until, '，至 ')}` : '已满';
    return `配额“${name}”${when}：${far}`;
  },
  notKnown: ({ fact, taken }) => `无记录：${fact}；${taken}。`,
};
