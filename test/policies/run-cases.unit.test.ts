import { describe, expect, it } from 'vitest';
import { caseFileSchema } from '../../policies/case-file.ts';
import type { PolicyDocument } from '../../policies/index.ts';
import { runCases } from '../../policies/run-cases.ts';
import { housePack, pack, rule } from './support.ts';

const hours = rule('hours', 'calling_window', { windows: { daily: ['09:00-12:00'] } });
const consent = rule('consent', 'consent', { level: 'express' });
const says = rule('says', 'disclosure', { items: ['purpose'], withinS: 30 });
const keeps = rule('keeps', 'retention', { recordClass: 'recording', minimum: { days: 1 } });
const OPEN = '2026-11-23T02:00:00Z';
const SHUT = '2026-11-23T05:00:00Z';

/** What differs of one case about rules of a pack. */
function differs(rules: Parameters<typeof pack>[0], one: object, facts: object = {}): string[] {
  const file = caseFileSchema.parse({
    title: 't',
    packs: ['test-law'],
    facts,
    cases: [{ name: 'n', at: OPEN, ...one }],
  });
  const other = housePack([rule('other', 'consent', { level: 'guardian' })]);
  return runCases(file, [pack(rules), other] as PolicyDocument[])[0]!.differences.slice();
}

describe('a case comes out as expected', () => {
  it('by verdict, end, reasons, rules and duties', () => {
    expect(differs([hours], { expect: { verdict: 'allow', until: '2026-11-23T04:00:00Z' } })).toEqual([]);
    expect(
      differs([hours], {
        at: SHUT,
        expect: {
          verdict: 'defer',
          until: '2026-11-24T01:00:00Z',
          reasons: ['no.hours'],
          against: ['hours'],
        },
      }),
    ).toEqual([]);
    expect(
      differs([consent, hours], {
        at: SHUT,
        expect: {
          verdict: 'deny',
          reasons: ['no.hours', 'no.consent.missing'],
          against: ['hours', 'consent'],
        },
      }),
    ).toEqual([]);
    expect(
      differs([says, keeps], {
        expect: {
          verdict: 'allow',
          until: null,
          duties: ['retain', { kind: 'disclose', withinS: 30, dueAt: null, detail: { items: ['purpose'] } }],
        },
      }),
    ).toEqual([]);
    expect(differs([], { expect: { verdict: 'allow', duties: [] } })).toEqual([]);
  });
  it('what a case leaves out is not looked at', () => {
    expect(differs([hours, says], { expect: { verdict: 'allow' } })).toEqual([]);
    expect(
      differs([hours], { at: SHUT, expect: { verdict: 'defer', until: '2026-11-24T01:00:00Z' } }),
    ).toEqual([]);
    expect(differs([says], { expect: { verdict: 'allow', duties: [{ kind: 'disclose' }] } })).toEqual([]);
  });
  it('its own facts replace those of the file, field by field', () => {
    const file = { consents: [{}], sector: 'bank' };
    expect(differs([consent], { expect: { verdict: 'allow' } }, file)).toEqual([]);
    expect(
      differs(
        [consent],
        { facts: { consents: [] }, expect: { verdict: 'deny', reasons: ['no.consent.missing'] } },
        file,
      ),
    ).toEqual([]);
  });
  it('a horizon counts', () => {
    const late = { at: '2026-11-23T03:59:59Z', horizonMs: 1_000 };
    expect(
      differs([hours], { ...late, expect: { verdict: 'defer', until: '2026-11-24T01:00:00Z' } }),
    ).toEqual([]);
  });
});

describe('a case that does not come out says what was expected and what came', () => {
  it('the verdict and what it rests on', () => {
    expect(differs([consent], { expect: { verdict: 'allow' } })).toEqual([
      'verdict: expected allow, got deny',
      'reasons: expected none, got no.consent.missing',
    ]);
    expect(differs([], { expect: { verdict: 'deny', reasons: ['no.x'] } })).toEqual([
      'verdict: expected deny, got allow',
      'reasons: expected no.x, got none',
    ]);
    expect(
      differs([consent, hours], {
        at: SHUT,
        expect: { verdict: 'deny', reasons: ['no.hours'], against: ['hours'] },
      }),
    ).toEqual([
      'reasons: expected no.hours, got no.consent.missing, no.hours',
      'against: expected hours, got consent, hours',
    ]);
    expect(
      differs([consent], {
        facts: { country: null, locations: [] },
        expect: {
          verdict: 'deny',
          reasons: ['no.consent.missing', 'jurisdiction.unknown', 'zone.unknown'],
          against: [],
        },
      }),
    ).toEqual(['against: expected none, got consent']);
  });
  it('its end', () => {
    expect(differs([hours], { expect: { verdict: 'allow', until: null } })).toEqual([
      'until: expected without end, got 2026-11-23T04:00:00.000Z',
    ]);
    expect(differs([], { expect: { verdict: 'allow', until: SHUT } })).toEqual([
      'until: expected 2026-11-23T05:00:00.000Z, got without end',
    ]);
  });
  it('its duties, all of them, and what each says', () => {
    expect(differs([says, keeps], { expect: { verdict: 'allow', duties: ['disclose'] } })).toEqual([
      'duties: expected disclose, got disclose, retain',
    ]);
    expect(differs([says], { expect: { verdict: 'allow', duties: [] } })).toEqual([
      'duties: expected none, got disclose',
    ]);
    const duty = (wanted: object) =>
      differs([says], { expect: { verdict: 'allow', duties: [{ kind: 'disclose', ...wanted }] } });
    for (const wrong of [
      { withinS: 29 },
      { withinS: null },
      { dueAt: OPEN },
      { detail: { items: [] } },
      { detail: { means: ['purpose'] } },
    ]) {
      const [said, ...others] = duty(wrong);
      expect([wrong, said, others]).toEqual([
        wrong,
        expect.stringMatching(/^duty: expected \{.*, got \[\{.*"kind":"disclose"/),
        [],
      ]);
    }
    expect(
      differs([keeps], {
        expect: { verdict: 'allow', duties: [{ kind: 'retain', dueAt: '2026-11-24T02:00:00Z' }] },
      }),
    ).toEqual([]);
  });
});
