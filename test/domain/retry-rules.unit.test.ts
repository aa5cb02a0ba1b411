import { describe, expect, it } from 'vitest';
import {
  campaignDefinitionSchema,
  retryOf,
  type CampaignDefinition,
  type CampaignDefinitionInput,
} from '../../domain/campaign.ts';
import { modeOfNext } from '../../domain/escalation.ts';
import { clockZone, localHour } from '../../domain/local-hour.ts';

type Retry = NonNullable<CampaignDefinitionInput['retry']>;
const define = (retry: Retry, rest: Partial<CampaignDefinitionInput> = {}) =>
  campaignDefinitionSchema.safeParse({
    name: 'Spring plan',
    purpose: 'service',
    carrier: 'simulator',
    callerId: '+12025550100',
    retry,
    ...rest,
  });

/** Field and message of each fault. */
function faultsOf(retry: Retry, rest: Partial<CampaignDefinitionInput> = {}): string[] {
  const parsed = define(retry, rest);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('retry rules that cannot be meant are refused, with the field and what would be right', () => {
  it.each<[string, Retry, RegExp]>([
    [
      'a delay of nothing',
      { byOutcome: { busy: { delayMinutes: [0] } } },
      /^retry\.byOutcome\.busy\.delayMinutes\.0 is not above 0/,
    ],
    [
      'a delay below nothing',
      { byOutcome: { busy: { delayMinutes: [-5] } } },
      /^retry\.byOutcome\.busy\.delayMinutes\.0 is not above 0/,
    ],
    ['no delay', { byOutcome: { busy: { delayMinutes: [] } } }, /delayMinutes is empty/],
    [
      'an outcome there is not',
      { byOutcome: { bored: { delayMinutes: [5] } } as Retry['byOutcome'] },
      /^retry\.byOutcome/,
    ],
    [
      'a cool-off of more days than may be',
      { maxAttempts: 5, withinDays: null, coolOff: { afterAttempts: 2, days: 91 } },
      /^retry\.coolOff\.days/,
    ],
    ['a cool-off of no days', { coolOff: { afterAttempts: 2, days: 0 } }, /^retry\.coolOff\.days/],
    [
      'a cool-off that outlasts the contact',
      { maxAttempts: 5, withinDays: 7, coolOff: { afterAttempts: 2, days: 7 } },
      /^retry\.coolOff\.days is 7, and whoever was called is given up after 7 days \(withinDays\); expected fewer/,
    ],
    [
      'a cool-off after the last attempt',
      { maxAttempts: 3, coolOff: { afterAttempts: 3, days: 2 } },
      /^retry\.coolOff\.afterAttempts is 3, and no attempt comes after 3/,
    ],
    [
      'another number after the last attempt',
      { maxAttempts: 2, otherNumber: { afterAttempts: 2 } },
      /^retry\.otherNumber\.afterAttempts is 2/,
    ],
    [
      'another number after an outcome that ends the contact',
      { maxAttempts: 5, otherNumber: { outcomes: ['declined'] } },
      /^retry\.otherNumber\.outcomes\.0 names declined, after which nobody is tried again/,
    ],
    [
      'another number of somebody who was reached',
      { maxAttempts: 5, otherNumber: { outcomes: ['abandoned'] } } as never,
      /^retry\.otherNumber\.outcomes\.0 /,
    ],
    [
      'the best hour and one not tried yet',
      { timeOfDayShiftMinutes: 60, bestTime: { enabled: true } },
      /^retry\.bestTime\.enabled asks for the best hour/,
    ],
  ])('%s', (_what, retry, expected) => {
    expect(faultsOf(retry)).toEqual([expect.stringMatching(expected)]);
  });

  it('escalation to agents without a team, or after the last attempt', () => {
    expect(faultsOf({ escalate: { afterAttempts: 2 } })).toEqual([
      expect.stringMatching(/^retry\.escalate hands contacts to agents, and `agents` names no team/),
    ]);
    const agents = { teams: ['First'] };
    expect(faultsOf({ escalate: { afterAttempts: 2 } }, { agents })).toEqual([]);
    expect(faultsOf({ escalate: { afterAttempts: 3 } }, { agents })).toEqual([
      expect.stringMatching(/^retry\.escalate\.afterAttempts is 3, and no attempt comes after 3/),
    ]);
  });
});

describe('who makes the next call', () => {
  const agents = { teams: ['First'] };
  const escalating = define({ escalate: { afterAttempts: 2 } }, { agents }).data!;

  it('is the script until it has tried often enough, and an agent from then on', () => {
    expect([0, 1, 2, 3].map((counted) => modeOfNext(escalating, counted))).toEqual([
      'agentless',
      'agentless',
      'progressive',
      'progressive',
    ]);
    expect(modeOfNext(define({}, { agents }).data!, 9)).toBe('agentless');
  });

  it('is an agent as ever in a mode with agents', () => {
    expect(modeOfNext({ ...escalating, mode: 'preview' }, 0)).toBe('preview');
    expect(modeOfNext({ ...escalating, mode: 'preview' }, 5)).toBe('preview');
  });

  it('of a definition stored before there were such rules goes by none of them', () => {
    const { retry, ...rest } = define({}).data!;
    const { coolOff: _c, otherNumber: _o, escalate: _e, bestTime: _b, ...before } = retry;
    const stored = { ...rest, retry: before } as unknown as CampaignDefinition;
    expect(modeOfNext(stored, 9)).toBe('agentless');
    expect(retryOf(stored)).toMatchObject({
      coolOff: null,
      otherNumber: null,
      escalate: null,
      bestTime: { enabled: false },
    });
  });
});

describe('the hour where somebody is', () => {
  it('is that of their clock, also across a change of clocks and in zones of half hours', () => {
    expect(localHour('Asia/Shanghai', Date.parse('2026-11-20T02:30:00Z'))).toBe(10);
    expect(localHour('Asia/Kolkata', Date.parse('2026-11-20T02:30:00Z'))).toBe(8);
    expect(localHour('America/New_York', Date.parse('2026-11-01T05:30:00Z'))).toBe(1);
    expect(localHour('America/New_York', Date.parse('2026-11-01T06:30:00Z'))).toBe(1);
    expect(localHour('Europe/Berlin', Date.parse('2026-11-20T23:00:00Z'))).toBe(0);
  });

  it('is not known where no zone is, or none that there is', () => {
    const at = (...zones: (string | null)[]) => clockZone(zones.map((zone) => ({ zone })));
    expect(at()).toBeNull();
    expect(at(null, 'Unknown/Declared')).toBeNull();
    expect(at('Europe/Paris', 'Unknown/Declared', 'Europe/Berlin')).toBe('Europe/Berlin');
  });
});
