import { describe, expect, test } from 'vitest';
import { LANGUAGES, MESSAGES, languageOf, wordOf, type Messages } from '../../api/story/messages/index.ts';
import { CALLBACK_STATUSES } from '../../domain/callback.ts';
import { ATTEMPT_STATES } from '../../domain/vocabulary.ts';

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['zh', 'zh'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['en;q=0.2, zh-Hant;q=0.4', 'zh'],
  ['en-GB, zh;q=0.9', 'en'],
  ['zh;q=0, en', 'en'],
  ['zh;q=0', 'en'],
  ['fr, *;q=0.1', 'en'],
  ['zhx', 'en'],
  ['zh;q=nonsense', 'zh'],
])('Accept-Language %s is answered in %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});

/** Every sentence there is, told with made-up parts. */
function everySentence(say: Messages): string[] {
  const at = '2026-03-02T02:00:00.000Z';
  const parts = ATTEMPT_STATES.filter((state) => state !== 'ended');
  const because = 'X';
  return [
    say.imported({ campaign: 'C', from: 'f.csv' }),
    say.imported({ campaign: 'C', from: null }),
    say.allowed({ until: at }),
    say.allowed({ until: null }),
    say.deferred({ until: at, because }),
    say.deferred({ until: null, because }),
    say.denied({ because }),
    say.denied({ because: say.reason({ label: 'L', source: 'S', unverified: true }) }),
    ...parts.map((part) => say.attempt({ n: 1, part, why: 'W' })),
    say.attemptEnded({ n: 1, outcome: 'O', talkS: 3, disposition: 'D' }),
    ...['ringing', 'answered', 'dtmf', 'joined'].map((type) => say.call({ n: 1, type })),
    say.callEnded({ n: 1, end: { outcome: 'O', by: 'B', concluded: true } }),
    say.callEnded({ n: 1, end: null }),
    say.disposition({ code: 'D', source: 'S' }),
    say.consentGiven({ purposes: 'P', channels: 'C', level: 'L', source: 'S', until: at }),
    say.consentWithdrawn({ purposes: 'P', channels: 'C', source: 'S' }),
    say.recordedLater({ at }),
    say.suppressed({ list: 'L', scope: 'S', purpose: null, ownRequest: true, source: 'S', until: at }),
    say.suppressed({ list: 'L', scope: 'S', purpose: 'P', ownRequest: false, source: 'S', until: null }),
    say.stopped({
      kind: 'K',
      scope: 'S',
      by: 'B',
      revoked: 1,
      inFlight: 2,
      hungUp: 1,
      complete: true,
      latencyMs: 3,
    }),
    say.stopped({
      kind: 'K',
      scope: 'S',
      by: 'B',
      revoked: 2,
      inFlight: 1,
      hungUp: 0,
      complete: false,
      latencyMs: 4,
    }),
    say.stopped({
      kind: 'K',
      scope: 'S',
      by: 'B',
      revoked: 1,
      inFlight: 2,
      hungUp: null,
      complete: null,
      latencyMs: null,
    }),
    say.changed({ action: 'A', by: 'B', reason: 'R' }),
    ...CALLBACK_STATUSES.map((status) => say.callback({ status, from: at, until: at, reason: 'R' })),
    say.workflowAdmitted({ admission: 1, started: true }),
    say.workflowAdmitted({ admission: 2, started: false }),
    say.workflowReported({ admission: 1, state: 'S', readyAt: null }),
    say.workflowReported({ admission: 1, state: null, readyAt: at }),
    say.workflowClosed({ state: 'S', reason: 'R' }),
    say.stateWaiting({ readyAt: at, why: 'W', campaignStatus: 'C' }),
    say.stateAdmitted(),
    say.stateEnded({ state: 'S', why: 'W' }),
    say.callableNow({ until: at }),
    say.notCallable({ next: at, because }),
    say.notCallable({ next: null, because }),
    say.notKnown({ fact: 'F', taken: 'T' }),
  ];
}

describe.each(LANGUAGES)('in %s', (language) => {
  const say = MESSAGES[language];

  test('every sentence is told, whole and in the language', () => {
    for (const text of everySentence(say)) {
      expect(text).not.toMatch(/undefined|null|NaN|\$\{/);
      expect(text.trim()).toMatch(language === 'zh' ? /。$/ : /\.$/);
      if (language === 'zh') expect(text).toMatch(/\p{Script=Han}/u);
      else expect(text.replaceAll(/小结|同意|撤回|勿扰名单|预约回拨/g, '')).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test('every word of the closed sets has a word, and every code of English has one here', () => {
    for (const words of Object.values(say.words as unknown as Record<string, Record<string, string>>)) {
      for (const [code, word] of Object.entries(words)) {
        expect(word, code).not.toBe('');
        if (language === 'zh') expect(word, code).toMatch(/\p{Script=Han}/u);
      }
    }
    expect(Object.keys(say.words.other).sort()).toEqual(Object.keys(MESSAGES.en.words.other).sort());
  });
});

test('a code without a word is shown as it is', () => {
  expect(wordOf({}, 'some_new_code')).toBe('some new code');
  expect(MESSAGES.zh.block({ code: 'some.new', until: null, detail: {} })).toBe('some.new');
});
