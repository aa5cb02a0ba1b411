import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayStartedAt, isActive, nextActiveAt, nextDayAt } from '../../domain/active-hours.ts';
import { activeHoursSchema } from '../../domain/campaign-rules.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';

const WORKDAYS = activeHoursSchema.parse({
  windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', until: '12:30' }],
  except: ['2026-11-23'],
});
const at = (text: string) => Date.parse(text);

describe('active hours', () => {
  it('hold from their first minute to before their end, on the clock of the zone', () => {
    expect(isActive(WORKDAYS, 'Asia/Shanghai', at('2026-11-20T09:00:00+08:00'))).toBe(true);
    expect(isActive(WORKDAYS, 'Asia/Shanghai', at('2026-11-20T08:59:59+08:00'))).toBe(false);
    expect(isActive(WORKDAYS, 'Asia/Shanghai', at('2026-11-20T12:29:59+08:00'))).toBe(true);
    expect(isActive(WORKDAYS, 'Asia/Shanghai', at('2026-11-20T12:30:00+08:00'))).toBe(false);
    expect(isActive(WORKDAYS, 'UTC', at('2026-11-20T09:00:00+08:00'))).toBe(false);
  });

  it('begin again on the next active day, over weekends and days that are left out', () => {
    expect(nextActiveAt(WORKDAYS, 'Asia/Shanghai', at('2026-11-20T13:00:00+08:00'))).toBe(
      at('2026-11-24T09:00:00+08:00'),
    );
  });

  it('are on the clock also where it is put forward or back', () => {
    const hours = activeHoursSchema.parse({ windows: [{ days: ['sun'], from: '10:00', until: '11:00' }] });
    expect(nextActiveAt(hours, 'America/New_York', at('2026-11-01T00:00:00-04:00'))).toBe(
      at('2026-11-01T10:00:00-05:00'),
    );
    expect(nextActiveAt(hours, 'America/New_York', at('2026-03-08T00:00:00-05:00'))).toBe(
      at('2026-03-08T10:00:00-04:00'),
    );
  });

  it('keep to their seasons; beyond a year there is none', () => {
    const season = activeHoursSchema.parse({
      windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', until: '24:00' }],
      between: [{ from: '2027-02-01', until: '2027-02-02' }],
    });
    expect(nextActiveAt(season, 'UTC', at('2026-11-20T00:00:00Z'))).toBe(at('2027-02-01T00:00:00Z'));
    expect(isActive(season, 'UTC', at('2027-02-02T23:59:00Z'))).toBe(true);
    expect(nextActiveAt(season, 'UTC', at('2027-02-03T00:00:00Z'))).toBeNull();
  });

  it('the next active instant is active, and nothing between is', () => {
    const instants = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Shanghai', 'Australia/Lord_Howe');
    fc.assert(
      fc.property(instants, zones, (now, zone) => {
        const next = nextActiveAt(WORKDAYS, zone, now)!;
        expect(isActive(WORKDAYS, zone, next)).toBe(true);
        if (next > now) expect(isActive(WORKDAYS, zone, next - MINUTE_MS)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('days begin where the zone’s date changes', () => {
    const now = at('2026-11-01T12:00:00-05:00');
    expect(dayStartedAt('America/New_York', now)).toBe(at('2026-11-01T00:00:00-04:00'));
    expect(nextDayAt('America/New_York', now)).toBe(at('2026-11-02T00:00:00-05:00'));
    expect(nextDayAt('America/New_York', now) - dayStartedAt('America/New_York', now)).toBe(25 * HOUR_MS);
  });
});
