import { describe, expect, it } from 'vitest';
import { bar, columns, duration, share } from '../../../cli/local/format.ts';
import { viewOf } from '../../../cli/local/rehearsal.ts';
import { progressLines } from '../../../cli/local/report-text.ts';
import type { CampaignProgress } from '../../../db/repositories/reports.ts';

const NOW = Date.parse('2026-11-23T13:05:00Z');
const progress: CampaignProgress = {
  campaignId: '00000000-0000-7000-8000-000000000001',
  status: 'running',
  statusReason: null,
  imported: 200,
  waiting: 90,
  deferred: 40,
  admitted: 10,
  denied: 30,
  converted: 7,
  byState: { waiting: 90, admitted: 10, denied: 30, converted: 7, refused: 63 },
  nextReadyAt: NOW,
  attempts: 120,
  ringing: 4,
  answeredLive: 2,
  answered: 50,
  agents: null,
};
const clock = { now: () => NOW, toRealMs: (ms: number) => ms / 1_440 };

describe('the progress of a rehearsal', () => {
  it('shows every count that was promised, the share that is over, the pace and the simulated time', () => {
    const view = viewOf(progress, [{ at: 0, attempts: 100 }], clock, 0, 10_000);
    expect(progressLines(progress, view)).toEqual([
      'imported 200 · waiting 90 (deferred 40) · denied 30 · ringing 4 · answered 50 · converted 7',
      '[##########----------] 50 % · 2.0 calls/s · Mon 2026-11-23 13:05 UTC · about 10 s left',
    ]);
  });

  it('says how long nobody is due instead of a pace of nothing', () => {
    const idle = { ...progress, admitted: 0, waiting: 100, nextReadyAt: NOW + 8 * 3_600_000 };
    const view = viewOf(idle, [{ at: 0, attempts: 120 }], clock, 0, 10_000);
    expect(view.idleMs).toBe(20_000);
    expect(progressLines(idle, view)[1]).toContain('nobody is due for 20 s');
  });

  it('is never full before the last contact is done, and needs no contact at all', () => {
    const nearly = { ...progress, imported: 300, waiting: 1, admitted: 0 };
    expect(progressLines(nearly, viewOf(nearly, [], clock, 0, 1))[1]).toMatch(/^\[#{19}-\] 99 %/);
    const none = { ...progress, imported: 0, waiting: 0, admitted: 0, nextReadyAt: null };
    expect(progressLines(none, viewOf(none, [], clock, 0, 1))[1]).toMatch(/^\[-{20}\] 0 %/);
  });
});

describe('formats', () => {
  it('of spans, shares and bars', () => {
    expect([duration(400), duration(12_000), duration(185_000), duration(7_800_000)]).toEqual([
      '0.4 s',
      '12 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
    expect([share(1, 8), share(0, 0)]).toEqual(['12.5 %', '–']);
    expect(bar(2, 4)).toBe('[####]');
  });

  it('of columns count Chinese characters as the two cells they take', () => {
    expect(
      columns([
        ['接听率', '1'],
        ['answer', '10'],
      ]),
    ).toEqual(['  接听率   1', '  answer  10']);
  });
});
