import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../domain/decision.ts';
import { changeOf, type Position } from '../../../gate/preview/change.ts';

const AT = Date.parse('2026-03-02T02:00:00Z');
const HOUR = 3_600_000;

function position(verdict: Verdict, ...reasons: string[]): Position {
  return { verdict, reason: reasons[0] ?? null, reasons, rule: null };
}
const deny = (...reasons: string[]) => position({ kind: 'deny' }, ...reasons);
const defer = (hours: number, ...reasons: string[]) =>
  position({ kind: 'defer', until: AT + hours * HOUR }, ...reasons);
const allow = (hours: number | null) =>
  position({ kind: 'allow', until: hours === null ? null : AT + hours * HOUR });

describe('a change is named by what it means to the person called', () => {
  test.each([
    ['allowed, then denied', allow(5), deny('a'), 'newly_denied', null],
    ['deferred, then denied', defer(1, 'w'), deny('a'), 'newly_denied', null],
    ['denied, then allowed', deny('a'), allow(5), 'newly_allowed', null],
    ['denied, then deferred', deny('a'), defer(2, 'w'), 'newly_allowed', null],
    ['allowed now, then later', allow(5), defer(2, 'w'), 'newly_deferred', 2],
    ['deferred, then longer', defer(1, 'w'), defer(4, 'w'), 'later', 3],
    ['deferred, then less long', defer(4, 'w'), defer(1, 'w'), 'earlier', 3],
    ['deferred, then at once', defer(4, 'w'), allow(9), 'earlier', 4],
    ['allowed for less long', allow(5), allow(3), 'shortened', 2],
    ['allowed without an end, then with one', allow(null), allow(3), 'shortened', null],
    ['allowed for longer', allow(3), allow(5), 'extended', 2],
    ['allowed with an end, then without', allow(3), allow(null), 'extended', null],
    ['denied for another reason', deny('a'), deny('b'), 'reasons', null],
    ['denied for one more reason', deny('a'), deny('a', 'b'), 'reasons', null],
    ['deferred as long for another reason', defer(1, 'w'), defer(1, 'x'), 'reasons', null],
    ['the same denial', deny('a', 'b'), deny('a', 'b'), 'unchanged', null],
    ['the same deferral', defer(1, 'w'), defer(1, 'w'), 'unchanged', null],
    ['the same permission', allow(3), allow(3), 'unchanged', null],
    ['permission without an end, twice', allow(null), allow(null), 'unchanged', null],
  ])('%s', (_what, before, after, kind, hours) => {
    expect(changeOf(before, after, AT)).toEqual({ kind, byMs: hours === null ? null : hours * HOUR });
  });
});
