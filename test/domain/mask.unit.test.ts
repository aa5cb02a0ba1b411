import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskNumber, maskText, withoutNumbers } from '../../domain/mask.ts';

describe('masking', () => {
  it('keeps what people recognise a number by', () => {
    expect(maskNumber('+8613800005678')).toBe('+86 138****5678');
    expect(maskNumber('+12025550100')).toBe('+1 20****0100');
    expect(maskNumber('+85291234567')).toBe('+852 ****4567');
  });

  it('hides at least four digits of every number and never shows it whole', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9]\d{7,14}$/), (e164) => {
        const masked = maskNumber(e164);
        expect(masked.match(/\*/g)!.length).toBeGreaterThanOrEqual(4);
        expect(masked.replace(/\D/g, '').length).toBeLessThanOrEqual(e164.length - 1 - 4);
        expect(masked.replace(/[^\d*]/g, '')).toHaveLength(e164.length - 1);
      }),
    );
  });

  it('shows no letter and at most two digits of any text, and no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const masked = maskText(text);
        expect(masked).toMatch(/^[ -~…]*$/);
        expect(masked.replace(/x/g, '')).not.toMatch(/\p{L}/u);
        expect((masked.match(/\d/g) ?? []).length).toBeLessThanOrEqual(2);
        expect(masked.length).toBeLessThanOrEqual(32);
      }),
    );
    expect(maskText('n/a')).toBe('x/x');
    expect(maskText('张三 555-0100')).toBe('xx ***-****');
    expect(maskText('(202) 555-0100')).toBe('(***) ***-**00');
    expect(maskText('9'.repeat(100))).toHaveLength(32);
  });
});

it('leaves numbers out of a text and keeps its dates and ids', () => {
  for (const number of [
    '+12025550101',
    '+1 (202) 555-0101',
    '138 0013 8000',
    '13800138000',
    '202.555.0101',
  ]) {
    expect(withoutNumbers(`asked by ${number}, on 2026-03-02`), number).toBe(
      'asked by (number), on 2026-03-02',
    );
  }
  const plain = 'paused at 2026-03-02 09:00, 120 of 500 left, 15 %';
  expect(withoutNumbers(plain)).toBe(plain);
  const id = 'attempt 01a21e8e-5b48-7710-8e41-012467890123/1';
  expect(withoutNumbers(`${id} to +12025550101`)).toBe(`${id} to (number)`);
});
