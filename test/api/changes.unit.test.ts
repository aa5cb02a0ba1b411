import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergePatch } from '../../api/actions/change-campaign.ts';
import { faultsOf, parseCampaignDefinition } from '../../domain/faults.ts';
import { RightcallError } from '../../domain/failures.ts';
import { campaignDefinitionSchema } from '../../domain/campaign.ts';
import { patchOf } from '../../cli/client/input.ts';
import { widthOf, table } from '../../cli/client/text.ts';

describe('merge patch (RFC 7396, appendix A)', () => {
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j patched with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test('a patch applied twice is applied once, and reaches no prototype', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (target, patch) => {
        const once = mergePatch(JSON.parse(target), JSON.parse(patch));
        expect(mergePatch(once, JSON.parse(patch))).toEqual(once);
      }),
    );
    mergePatch({}, JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

test('faults never repeat a value, whatever was sent', () => {
  const secret = 'zQ7-a-value-of-a-person';
  const anywhere = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant<unknown>(secret),
      fc.constantFrom<unknown>(1, null, true, -1),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom('days', 'from', 'until', 'busy', 'byOutcome', 'delayMinutes', 'endAt'),
        tie('value'),
      ),
    ),
  }));
  const keys = Object.keys(campaignDefinitionSchema.shape);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), anywhere.value), (definition) => {
      const parsed = campaignDefinitionSchema.safeParse(definition);
      if (parsed.success) return;
      const faults = faultsOf(parsed.error, definition);
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults) {
        expect(fault.field).not.toBe('');
        expect(fault.fault).not.toBe('');
        expect(fault.expected).not.toBe('');
      }
      expect(JSON.stringify(faults)).not.toContain(secret);
    }),
  );
});

test('a definition that is not an object is one fault of the whole', () => {
  for (const input of [null, 'text', 3, []]) {
    expect(() => parseCampaignDefinition(input)).toThrow(RightcallError);
  }
});

test('assignments of the command line become a merge patch', () => {
  expect(
    patchOf(['retry.maxAttempts=4', 'retry.byOutcome.busy=null', 'name=A = b', 'callsPerSecond=1.5']),
  ).toEqual({
    retry: { maxAttempts: 4, byOutcome: { busy: null } },
    name: 'A = b',
    callsPerSecond: 1.5,
  });
  expect(() => patchOf(['=1'])).toThrow(/path=value/);
  expect(patchOf(['retry.maxAttempts=5'], { retry: { maxAttemptsPerDay: 1 } })).toEqual({
    retry: { maxAttempts: 5, maxAttemptsPerDay: 1 },
  });
  expect(() => patchOf(['__proto__.polluted=1'])).toThrow(/path=value/);
  patchOf(['constructor.prototype.polluted=1']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('columns stay aligned with Chinese in them', () => {
  const lines = table(
    ['NAME', 'N'],
    [
      ['春季外呼', 1],
      ['spring', 22],
    ],
  ).split('\n');
  const columns = lines.map((line) => widthOf(line.slice(0, line.search(/(N|\d+)$/))));
  expect(new Set(columns).size).toBe(1);
});
